package jobtemplate

import "strings"

// expander fills job variables and the worker's environment into a template.
type expander struct {
	values  map[string]any
	environ func(string) (string, bool)
	budget  *budget
}

// expand returns the template with its placeholders filled in, or false when it is
// a single placeholder that has no value, whose key must then go.
//
// A string that is one placeholder takes the value with its type; in a longer string
// the value is spliced in as text, and one without a value vanishes. References to
// blocks and Prefect variables are left for later stages. Values are not templates:
// placeholders within them stay as they are.
func (e expander) expand(template any) (any, bool) {
	switch template := template.(type) {
	case string:
		return e.expandText(template)
	case map[string]any:
		out := make(map[string]any, len(template))
		for key, value := range template {
			if expanded, set := e.expand(value); set {
				out[key] = expanded
			}
		}
		return out, true
	case []any:
		out := make([]any, 0, len(template))
		for _, item := range template {
			if expanded, set := e.expand(item); set {
				out = append(out, expanded)
			}
		}
		return out, true
	default:
		return template, true
	}
}

func (e expander) expandText(text string) (any, bool) {
	if p, ok := whole(text); ok && p.kind == jobVariable {
		if !e.budget.allows() {
			return nil, false
		}
		value, found := lookUp(e.values, p.name)
		return e.budget.copied(value), found
	}
	return splice(text, func(p placeholder) (string, bool) {
		if !e.budget.allows() {
			return "", true
		}
		switch p.kind {
		case jobVariable:
			value, found := lookUp(e.values, p.name)
			if !found {
				return "", true
			}
			return e.budget.text(value), true
		case environReference:
			return e.budget.text(e.environment(strings.TrimLeft(p.name, environPrefix))), true
		default:
			return "", false
		}
	}), true
}

func (e expander) environment(name string) string {
	if e.environ == nil {
		return ""
	}
	value, found := e.environ(name)
	if !found {
		return ""
	}
	return value
}
