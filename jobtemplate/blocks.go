package jobtemplate

import (
	"encoding/json"
	"fmt"
	"strings"
)

// blocks replaces {"$ref": {"block_document_id": id}} and
// {{ prefect.blocks.<type>.<name>[.path] }}.
func (r *references) blocks(value any) any {
	return walk(value, func(node any) (any, bool) {
		switch node := node.(type) {
		case map[string]any:
			return r.blockByRef(node)
		case string:
			return r.blocksInText(node), true
		default:
			return nil, false
		}
	})
}

func (r *references) blockByRef(node map[string]any) (any, bool) {
	ref, given := node["$ref"]
	if !given {
		return nil, false
	}
	object, ok := ref.(map[string]any)
	if !ok {
		r.found.add("$ref", "", "it is %s, not an object with a block_document_id", kind(ref))
		return nil, true
	}
	if !truthy(object["block_document_id"]) {
		return nil, false
	}
	if !r.budget.allows() {
		return nil, true
	}
	id := pyText(object["block_document_id"])
	if r.lookup.BlockByID == nil {
		r.found.add("", "give a Prefect API to read it from", "the block %q cannot be looked up here", id)
		return nil, true
	}
	data, ok, missing := r.fetch(fmt.Sprintf("block %q", id), func() (json.RawMessage, error) {
		return r.lookup.BlockByID(id)
	})
	r.noteMissing(missing, id)
	if ok {
		r.secrets.addAll(data)
	}
	return r.budget.copied(data), true
}

func (r *references) noteMissing(missing bool, what string) {
	if missing {
		r.found.add("", "it may have been deleted: make it again or take the reference out of the deployment or work "+
			"pool",
			"the block %q does not exist", what)
	}
}

func (r *references) blocksInText(text string) any {
	if p, ok := whole(text); ok && p.kind == blockReference {
		return r.budget.copied(r.block(p))
	}
	return splice(text, func(p placeholder) (string, bool) {
		if p.kind != blockReference {
			return "", false
		}
		value := r.block(p)
		switch value.(type) {
		case map[string]any, []any:
			r.found.add("", "name one value in it, such as .value", "%s is %s and cannot be put into a longer text",
				p.full, kind(value))
			return "", true
		}
		return r.budget.text(value), true
	})
}

// block resolves one placeholder: the slug of a type, a name, and perhaps a path.
func (r *references) block(p placeholder) any {
	if !r.budget.allows() {
		return nil
	}
	parts := strings.SplitN(strings.ReplaceAll(p.name, blockPrefix, ""), ".", 3)
	if len(parts) < 2 {
		r.found.add("", "write {{ prefect.blocks.<block type>.<name> }}", "%s names no block", p.full)
		return nil
	}
	if r.lookup.Block == nil {
		r.found.add("", "give a Prefect API to read it from", "%s cannot be looked up here", p.full)
		return nil
	}
	name := parts[0] + "/" + parts[1]
	data, ok, missing := r.fetch(fmt.Sprintf("block %q", name), func() (json.RawMessage, error) {
		return r.lookup.Block(parts[0], parts[1])
	})
	r.noteMissing(missing, name)
	if !ok {
		return nil
	}
	path := ""
	if len(parts) == 3 {
		path = parts[2]
	}
	value, found := blockValue(data, path)
	if !found {
		r.found.add("", "", "%s: the block has no such value", p.full)
	}
	r.secrets.addAll(value)
	return value
}

// blockValue finds a path in a block's data. A block that is nothing but a "value"
// stands for that value.
func blockValue(data any, path string) (any, bool) {
	if object, ok := data.(map[string]any); ok && len(object) == 1 && !insideValue(path) {
		if value, ok := object["value"]; ok {
			data = value
		}
	}
	if path == "" {
		return data, true
	}
	return lookUp(data, path)
}

func insideValue(path string) bool {
	return path == "value" || strings.HasPrefix(path, "value.") || strings.HasPrefix(path, "value[")
}
