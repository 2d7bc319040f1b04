package rules

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// tree turns the parameters of a query request into what the same request would be in
// JSON, as far as there are rules for it.
type tree struct {
	*document
	form url.Values
}

func (t tree) structure(s *shape, prefix string) map[string]any {
	out := map[string]any{}
	for name, of := range s.Members {
		if v := t.value(t.Shapes[of], prefix+name); v != nil {
			out[name] = v
		}
	}
	for _, name := range s.Required {
		if _, known := s.Members[name]; !known && t.given(prefix+name) {
			out[name] = true // any value will do
		}
	}
	return out
}

func (t tree) value(s *shape, name string) any {
	if !t.given(name) {
		return nil
	}
	switch s.Type {
	case "structure":
		return t.structure(s, name+".")
	case "list":
		return t.list(s, name)
	case "integer", "long", "double", "float":
		return json.Number(t.form.Get(name))
	default:
		return t.form.Get(name)
	}
}

func (t tree) list(s *shape, name string) []any {
	if !s.Flat {
		name += ".member"
	}
	items := []any{}
	for {
		item := fmt.Sprintf("%s.%d", name, len(items)+1)
		if !t.given(item) {
			return items
		}
		if s.Of == "" {
			items = append(items, true) // only their number is constrained
			continue
		}
		items = append(items, t.value(t.Shapes[s.Of], item))
	}
}

// given reports whether there is a parameter of that name or of a part of it.
func (t tree) given(name string) bool {
	if _, ok := t.form[name]; ok {
		return true
	}
	for k := range t.form {
		if strings.HasPrefix(k, name+".") {
			return true
		}
	}
	return false
}
