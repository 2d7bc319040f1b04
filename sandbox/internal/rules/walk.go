package rules

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// breach is one value that a rule does not allow.
type breach struct {
	path  string // as AWS writes it: tags.1.member.key
	name  string // of the member in the request
	value any    // nil when it is missing
	kind  kind
	limit any    // the number, the pattern or the values of the enum
	part  string // "", or which part of a collection it is about: "Member" or "Map key", "Map value"
	quiet bool   // the value is not for repeating
}

type kind int

const (
	missing kind = iota + 1
	tooShort
	tooLong
	tooSmall
	tooBig
	noMatch
	notOneOf
)

// walk finds what is wrong with a value. What is of the wrong type is left to whoever
// decodes the request.
func (d *document) walk(s *shape, v any, path string) []breach {
	switch v := v.(type) {
	case map[string]any:
		if s.Type == "map" {
			return d.walkMap(s, v, path)
		}
		return d.walkStructure(s, v, path)
	case []any:
		return d.walkList(s, v, path)
	default:
		return s.scalar(v, path)
	}
}

func (d *document) walkStructure(s *shape, v map[string]any, path string) []breach {
	var found []breach
	for _, name := range s.Required {
		if v[name] == nil {
			found = append(found, breach{path: join(path, name), name: name, kind: missing})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Members)) {
		if v[name] == nil {
			continue
		}
		for _, b := range d.walk(d.Shapes[s.Members[name]], v[name], join(path, name)) {
			if b.name == "" {
				b.name = name
			}
			found = append(found, b)
		}
	}
	return found
}

func (d *document) walkList(s *shape, v []any, path string) []breach {
	found := s.length(len(v), v, path)
	of := d.Shapes[s.Of]
	if of == nil {
		return found
	}
	for i, item := range v {
		switch item.(type) {
		case map[string]any, []any:
			found = append(found, d.walk(of, item, fmt.Sprintf("%s.%d.member", path, i+1))...)
		default:
			found = append(found, about("Member", v, path, of.scalar(item, path))...)
		}
	}
	return found
}

func (d *document) walkMap(s *shape, v map[string]any, path string) []breach {
	found := s.length(len(v), v, path)
	for _, key := range slices.Sorted(maps.Keys(v)) {
		if of := d.Shapes[s.Key]; of != nil {
			found = append(found, about("Map keys", v, path, of.scalar(key, path))...)
		}
		if of := d.Shapes[s.Of]; of != nil {
			found = append(found, about("Map value", v, path, d.walk(of, v[key], path))...)
		}
	}
	return found
}

// about makes what is wrong with an item a matter of its collection, as AWS words it.
func about(part string, whole any, path string, found []breach) []breach {
	for i := range found {
		found[i].part, found[i].value, found[i].path = part, whole, path
	}
	return found
}

func (s *shape) scalar(v any, path string) []breach {
	switch v := v.(type) {
	case json.Number:
		return s.number(v, path)
	case string:
		return s.text(v, path)
	}
	return nil
}

func (s *shape) number(v json.Number, path string) []breach {
	n, err := v.Float64()
	if err != nil || s.Type == "string" {
		return nil
	}
	return s.within(n, v, path, tooSmall, tooBig)
}

func (s *shape) text(v, path string) []breach {
	if s.Type == "blob" {
		raw, err := base64.StdEncoding.DecodeString(v)
		if err != nil {
			return nil
		}
		return s.length(len(raw), v, path)
	}
	if s.Type != "string" {
		return nil
	}
	found := s.length(utf8.RuneCountInString(v), v, path)
	if s.pattern != nil && !s.pattern.MatchString(v) {
		found = append(found, breach{path: path, value: v, kind: noMatch, limit: s.Pattern, quiet: s.Sensitive})
	}
	if s.Enum != nil && !slices.Contains(s.Enum, v) {
		found = append(found, breach{path: path, value: v, kind: notOneOf, limit: s.Enum, quiet: s.Sensitive})
	}
	return found
}

func (s *shape) length(n int, v any, path string) []breach {
	return s.within(float64(n), v, path, tooShort, tooLong)
}

func (s *shape) within(n float64, v any, path string, below, above kind) []breach {
	switch {
	case s.Min != nil && n < *s.Min:
		return []breach{{path: path, value: v, kind: below, limit: *s.Min, quiet: s.Sensitive}}
	case s.Max != nil && n > *s.Max:
		return []breach{{path: path, value: v, kind: above, limit: *s.Max, quiet: s.Sensitive}}
	}
	return nil
}

// join names a member as AWS does in its errors: with a small first letter.
func join(path, name string) string {
	name = strings.ToLower(name[:1]) + name[1:]
	if path == "" {
		return name
	}
	return path + "." + name
}
