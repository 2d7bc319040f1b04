package jobtemplate

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// references resolves what is kept on the server: block documents, then variables.
// What they hold is not resolved again.
type references struct {
	lookup  Lookup
	found   *findings
	secrets *secretValues
	read    map[string]any // what was read already, by kind and name
	failed  error          // an error that is not the job's fault
	budget  *budget
}

// walk rebuilds a value, with replace called for every string and object; replace
// returns false to go on inside.
func walk(value any, replace func(any) (any, bool)) any {
	if replaced, ok := replace(value); ok {
		return replaced
	}
	switch value := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(value))
		for _, key := range sortedKeys(value) {
			out[key] = walk(value[key], replace)
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, item := range value {
			out[i] = walk(item, replace)
		}
		return out
	default:
		return value
	}
}

// fetch reads a document once. It returns false after noting why it cannot.
func (r *references) fetch(what string, read func() (json.RawMessage, error)) (value any, ok, missing bool) {
	if value, ok := r.read[what]; ok {
		return value, true, false
	}
	raw, err := read()
	if err == nil {
		value, err = decode(raw)
	}
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, false, true
	case err != nil:
		if r.failed == nil {
			r.failed = fmt.Errorf("failed to resolve %s: %w", what, err)
		}
		return nil, false, false
	}
	r.read[what] = value
	return value, true, false
}

// variables replaces {{ prefect.variables.name }}.
func (r *references) variables(value any) any {
	return walk(value, func(node any) (any, bool) {
		text, ok := node.(string)
		if !ok {
			return nil, false
		}
		if p, ok := whole(text); ok && p.kind == variableReference {
			return r.budget.copied(r.variable(p.name)), true
		}
		return splice(text, func(p placeholder) (string, bool) {
			if p.kind != variableReference {
				return "", false
			}
			return r.budget.text(r.variable(p.name)), true
		}), true
	})
}

// variable returns a variable's value; one that does not exist is empty text.
func (r *references) variable(placeholder string) any {
	if !r.budget.allows() {
		return ""
	}
	name := strings.ReplaceAll(placeholder, variablePrefix, "")
	if r.lookup.Variable == nil {
		r.found.add("", "give a Prefect API to read it from", "the variable %q cannot be looked up here", name)
		return ""
	}
	value, ok, missing := r.fetch(fmt.Sprintf("variable %q", name), func() (json.RawMessage, error) {
		return r.lookup.Variable(name)
	})
	if missing {
		r.found.warn("the variable %q does not exist: empty text takes its place", name)
	}
	if !ok {
		return ""
	}
	return value
}
