package provision

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ecsctl/internal/closest"
	"ecsctl/internal/hint"
	"ecsctl/internal/orderedjson"
	"ecsctl/provision/spec"
	"ecsctl/templates"
)

// jobVariables puts the defaults that the Spec names by the template's variables into those that ecsctl
// owns, in the place of its own.
func (p *workPool) jobVariables(out []poolDefault) []poolDefault {
	for _, name := range slices.Sorted(maps.Keys(p.w.spec.FlowRuns.JobVariables)) {
		if name == logOptionsVariable {
			continue // logOptions has them, with the group
		}
		d := poolDefault{name, p.w.spec.FlowRuns.JobVariables[name]}
		if i := slices.IndexFunc(out, func(o poolDefault) bool { return o.name == name }); i >= 0 {
			out[i] = d
		} else {
			out = append(out, d)
		}
	}
	if p.nameless() {
		out = append(out, poolDefault{containerVariable, "prefect"})
	}
	return out
}

const containerVariable = "container_name"

// nameless reports whether the flow's container needs a name: beside a sidecar, one without image and name is taken
// for nothing, and the flow would run in the sidecar.
func (p *workPool) nameless() bool {
	return hasSidecar(p.w.spec.FlowRuns) && !p.names(containerVariable) && p.template.has(containerVariable) &&
		p.theirs(containerVariable) == nil
}

func hasSidecar(f spec.FlowRuns) bool {
	for name := range f.JobVariables {
		if strings.HasPrefix(name, "sidecar") {
			return true
		}
	}
	return false
}

func (p *workPool) names(variable string) bool {
	_, ok := p.w.spec.FlowRuns.JobVariables[variable]
	return ok
}

// staleVariables take back what an earlier bootstrap set and this one does not name.
func (p *workPool) staleVariables() []poolDefault {
	before := p.template.marker.Choices
	if before == nil {
		return nil
	}
	var out []poolDefault
	for _, name := range slices.Sorted(maps.Keys(before.FlowRuns.JobVariables)) {
		if !p.names(name) && name != networkVariable && name != vpcVariable &&
			name != logOptionsVariable && p.template.ours(name) {
			out = append(out, poolDefault{name, nil})
		}
	}
	for _, name := range []string{launchTypeVariable, strategyVariable} {
		if before.FlowRuns.Capacity != "" && p.w.spec.FlowRuns.Capacity == "" && !p.names(name) &&
			(name != launchTypeVariable || p.w.spec.FlowRuns.LaunchType == "") && p.template.ours(name) {
			out = append(out, poolDefault{name, nil})
		}
	}
	for _, name := range managedVariables {
		if before.FlowRuns.ManagesInstances() && !p.w.spec.FlowRuns.ManagesInstances() && !p.names(name) &&
			p.template.ours(name) {
			out = append(out, poolDefault{name, nil})
		}
	}
	if hasSidecar(before.FlowRuns) && !hasSidecar(p.w.spec.FlowRuns) && !p.names(containerVariable) &&
		p.template.ours(containerVariable) {
		out = append(out, poolDefault{containerVariable, nil})
	}
	return out
}

// usualDefault is what a new pool has; nil is none.
func usualDefault(variable string) json.RawMessage {
	usual, err := parsePoolTemplate(templates.ECSBaseJobTemplate)
	if err != nil {
		return nil
	}
	return usual.defaultOf(variable)
}

// checkVariables refuses what the template has no variable for, and values of another type.
func (p *workPool) checkVariables() error {
	if p.template == nil {
		return nil
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(p.w.spec.FlowRuns.JobVariables)) {
		schema, err := p.schemaOf(name)
		if err == nil {
			err = p.checkTaken(name)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if want := refusedType(schema, toJSON(p.w.spec.FlowRuns.JobVariables[name])); want != "" {
			errs = append(errs, fmt.Errorf("job variable %q: the template of work pool %q wants %s", name,
				p.w.spec.Pool, want))
		}
	}
	return errors.Join(errs...)
}

// schemaOf is the schema of a variable that the template has, or that can be put into it.
func (p *workPool) schemaOf(name string) (orderedjson.Object, error) {
	v, placed := placedVariables[name]
	switch {
	case p.template.has(name):
		schema, err := p.template.properties.Object(name)
		if err != nil {
			return orderedjson.Object{}, nil // of no form that says what it takes
		}
		return schema, nil
	case !placed:
		return nil, p.noVariable(name)
	}
	if err := p.checkPlaced(name, v); err != nil {
		return nil, err
	}
	var schema orderedjson.Object
	return schema, json.Unmarshal([]byte(v.schema), &schema)
}

func (p *workPool) noVariable(name string) error {
	has := map[string]any{}
	if raw, err := p.template.properties.MarshalJSON(); err == nil {
		_ = json.Unmarshal(raw, &has) // it was read from JSON
	}
	for name := range placedVariables {
		has[name] = nil
	}
	all := slices.Sorted(maps.Keys(has))
	err := fmt.Errorf("job variable %q: the template of work pool %q has no variable of this name", name, p.w.spec.Pool)
	if near, ok := closest.Of(name, all); ok {
		return hint.Add(err, fmt.Sprintf("is %s meant?", near))
	}
	return hint.Add(err, "it has, or bootstrap adds, "+strings.Join(all, ", "))
}

// refusedType is what a variable's schema wants, where the value is none of that; "" where it fits.
func refusedType(schema orderedjson.Object, value any) string {
	var s struct {
		Type  string
		Enum  []any
		AnyOf []struct{ Type string }
	}
	raw, err := schema.MarshalJSON()
	if err != nil || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	types := []string{}
	if s.Type != "" {
		types = append(types, s.Type)
	}
	for _, option := range s.AnyOf {
		if option.Type == "" {
			return "" // what it refers to may be of any type
		}
		types = append(types, option.Type)
	}
	if len(types) > 0 && !slices.ContainsFunc(types, func(t string) bool { return isOfType(value, t) }) {
		return "a value of type " + strings.Join(types, " or ")
	}
	if len(s.Enum) > 0 && !slices.ContainsFunc(s.Enum, func(o any) bool { return show(o) == show(value) }) {
		return "one of " + show(s.Enum)
	}
	return ""
}

// isOfType says so of JSON Schema's types.
func isOfType(value any, name string) bool {
	switch value := value.(type) {
	case nil:
		return name == "null"
	case string:
		return name == "string"
	case bool:
		return name == "boolean"
	case json.Number:
		return name == "number" || name == "integer" && !strings.ContainsAny(value.String(), ".eE")
	case []any:
		return name == "array"
	}
	return name == "object"
}
