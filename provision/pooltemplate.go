package provision

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"ecsctl/internal/orderedjson"
	"ecsctl/internal/poolplace"
	"ecsctl/jobtemplate"
	"ecsctl/provision/spec"
)

// markerKey stands in the variables schema of a base job template. It says whether
// bootstrap made the pool, and what each default was before, so that teardown can
// put it back. A pool has no tags, and JSON Schema ignores keys that it does not
// know; both Prefect 2 and 3 keep this one.
const markerKey = poolplace.Marker

type poolMarker struct {
	// Version is 0 without a marker, and 1 in one that has no Choices because ecsctl did not
	// yet write them.
	Version int `json:"version"`
	// ECSCTL is the newest version that has set the pool up; "" for builds without one.
	ECSCTL string `json:"ecsctl,omitempty"`
	// Created: the pool is bootstrap's own, and goes with teardown.
	Created bool `json:"created,omitempty"`
	// Defaults are those that bootstrap set in a pool that it did not make.
	Defaults map[string]markedDefault `json:"defaults,omitempty"`
	// Added are variables that the template lacked.
	Added []string `json:"added,omitempty"`
	// Names are those that the user chose, so that teardown finds them by the pool
	// alone; nil means that all derive from the pool.
	Names *spec.Names `json:"names,omitempty"`
	// Account, Region and Cluster are where the service is.
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`
	Cluster string `json:"cluster,omitempty"`
	// StorageBefore is the storage configuration that bootstrap replaced in a pool that it did not make.
	StorageBefore json.RawMessage `json:"storageBefore,omitempty"`
	// Attached are the policies that bootstrap attached to the flow runs' task role, and takes off again when they are
	// no longer named. Those that were attached already are not among them.
	Attached []string `json:"attached,omitempty"`
	// Choices are what else the user chose; nil means nothing.
	Choices *spec.Spec `json:"choices,omitempty"`
	// Serves are the pools that the worker of this one serves beside it. Each of them names this one in its Choices.
	Serves []servedPool `json:"serves,omitempty"`
	// WorkerLogs is the log group of the worker, where it is that of another pool.
	WorkerLogs string `json:"workerLogs,omitempty"`
}

// of is the pool whose worker serves this one; "" is its own.
func (m poolMarker) of() string {
	if m.Choices == nil {
		return ""
	}
	return m.Choices.Worker.Of
}

// markerVersion is that of the markers that this ecsctl writes.
const markerVersion = 2

type markedDefault struct {
	Set json.RawMessage `json:"set"`
	// Before is absent when there was no default; an explicit null is one.
	Before json.RawMessage `json:"before,omitempty"`
}

// poolDefault is a variable's default that ecsctl owns.
type poolDefault struct {
	name  string
	value any
}

// poolTemplate is a base job template taken apart.
type poolTemplate struct {
	root, config, variables, properties orderedjson.Object
	marker                              poolMarker
}

func parsePoolTemplate(raw json.RawMessage) (*poolTemplate, error) {
	var t poolTemplate
	if err := t.root.UnmarshalJSON(raw); err != nil {
		return nil, fmt.Errorf("failed to read the base job template: %w", err)
	}
	var err error
	read := func(parent orderedjson.Object, key string) orderedjson.Object {
		child, childErr := parent.Object(key)
		if err == nil && childErr != nil {
			err = fmt.Errorf("failed to read the base job template: %w", childErr)
		}
		return child
	}
	t.config = read(t.root, "job_configuration")
	t.variables = read(t.root, "variables")
	t.properties = read(t.variables, "properties")
	if err != nil {
		return nil, err
	}
	if raw := t.variables.Get(markerKey); raw != nil {
		if err := json.Unmarshal(raw, &t.marker); err != nil {
			return nil, fmt.Errorf("failed to read %s in the base job template: %w", markerKey, err)
		}
	}
	return &t, nil
}

// encode puts the template together again.
func (t *poolTemplate) encode() (json.RawMessage, error) {
	if reflect.DeepEqual(t.marker, poolMarker{}) {
		t.variables.Delete(markerKey)
	} else if err := t.variables.SetValue(markerKey, t.marker); err != nil {
		return nil, err
	}
	if err := t.variables.SetValue("properties", t.properties); err != nil {
		return nil, err
	}
	if err := t.root.SetValue("job_configuration", t.config); err != nil {
		return nil, err
	}
	if err := t.root.SetValue("variables", t.variables); err != nil {
		return nil, err
	}
	return t.root.MarshalJSON()
}

// defaultOf is a variable's default; nil when it has none or there is no such variable.
func (t *poolTemplate) defaultOf(variable string) json.RawMessage {
	property, err := t.properties.Object(variable)
	if err != nil {
		return nil
	}
	value := property.Get("default")
	if string(value) == "null" {
		return nil
	}
	return value
}

func (t *poolTemplate) has(variable string) bool { return t.properties.Get(variable) != nil }

// differs reports whether a default is other than wanted. Lists of names are sets.
func (t *poolTemplate) differs(d poolDefault) bool {
	return !reflect.DeepEqual(canonicalDefault(t.defaultOf(d.name)), canonicalDefault(d.value))
}

func canonicalDefault(value any) any {
	if raw, ok := value.(json.RawMessage); ok && raw == nil {
		return nil
	}
	return canonicalLists(toJSON(value))
}

func canonicalLists(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, v := range value {
			value[key] = canonicalLists(v)
		}
	case []any:
		slices.SortFunc(value, func(a, b any) int {
			return strings.Compare(show(a), show(b))
		})
	}
	return value
}

// ours reports whether bootstrap set a variable's default: in a pool of its own, or in
// one where nobody has changed it since.
func (t *poolTemplate) ours(name string) bool {
	current := t.defaultOf(name)
	if current == nil || t.marker.Created {
		return current != nil
	}
	mark, marked := t.marker.Defaults[name]
	return marked && reflect.DeepEqual(canonicalDefault(current), canonicalDefault(mark.Set))
}

// set writes a default and remembers what was there, unless the pool is ours anyway.
// A nil value takes the default back to what was there.
func (t *poolTemplate) set(d poolDefault) error {
	if d.value == nil {
		before := t.marker.Defaults[d.name].Before
		if t.marker.Created {
			before = usualDefault(d.name)
		}
		delete(t.marker.Defaults, d.name)
		return t.writeDefault(d.name, before)
	}
	wanted, err := json.Marshal(d.value)
	if err != nil {
		return fmt.Errorf("failed to encode default %q: %w", d.name, err)
	}
	if !t.marker.Created {
		t.remember(d.name, wanted)
	}
	return t.writeDefault(d.name, wanted)
}

// remember keeps what a user had: the value before the first change, or the one that
// the user has set since.
func (t *poolTemplate) remember(name string, wanted json.RawMessage) {
	property, _ := t.properties.Object(name) // writeDefault refuses one that is no object
	current := property.Get("default")
	mark, marked := t.marker.Defaults[name]
	if !marked || !reflect.DeepEqual(canonicalDefault(current), canonicalDefault(mark.Set)) {
		mark.Before = current
	}
	mark.Set = wanted
	if t.marker.Defaults == nil {
		t.marker.Defaults = map[string]markedDefault{}
	}
	t.marker.Version = markerVersion
	t.marker.Defaults[name] = mark
}

// writeDefault sets a variable's default; nil takes it away.
func (t *poolTemplate) writeDefault(name string, value json.RawMessage) error {
	property, err := t.properties.Object(name)
	if err != nil {
		return fmt.Errorf("failed to read variable %w", err)
	}
	if value == nil {
		property.Delete("default")
	} else {
		property.Set("default", value)
	}
	return t.properties.SetValue(name, property)
}

// addVariable gives a template from before a variable existed that variable, as the
// newer templates have it. A template that uses the key otherwise is left alone.
func (t *poolTemplate) addVariable(name string, schema json.RawMessage) error {
	if t.config.Get(name) != nil {
		return nil
	}
	t.declare(name, schema)
	return t.config.SetValue(name, "{{ "+name+" }}")
}

// declare adds a variable's schema.
func (t *poolTemplate) declare(name string, schema json.RawMessage) {
	t.properties.Set(name, schema)
	if !t.marker.Created {
		t.marker.Version = markerVersion
		t.marker.Added = append(t.marker.Added, name)
	}
}

// restore undoes what bootstrap did to a pool that it did not make. What somebody
// has changed since stays as it is.
func (t *poolTemplate) restore() error {
	for name, mark := range t.marker.Defaults {
		if !t.has(name) || !reflect.DeepEqual(canonicalDefault(t.defaultOf(name)), canonicalDefault(mark.Set)) {
			continue
		}
		if err := t.writeDefault(name, mark.Before); err != nil {
			return err
		}
	}
	for _, name := range t.marker.Added {
		if err := t.removeVariable(name); err != nil {
			return err
		}
	}
	t.marker = poolMarker{}
	return nil
}

// removeVariable takes out a variable with its placeholders. One that somebody uses within a longer text stays:
// Prefect takes no template with a variable that is not declared.
func (t *poolTemplate) removeVariable(name string) error {
	raw, err := t.config.MarshalJSON()
	if err != nil {
		return err
	}
	if raw, err = withoutPlaceholder(raw, name); err != nil {
		return err
	}
	t.config = orderedjson.Object{}
	if err := json.Unmarshal(raw, &t.config); err != nil {
		return err
	}
	template, err := t.encode()
	if err == nil && !jobtemplate.UsedVariables(template)[name] {
		t.properties.Delete(name)
	}
	return err
}
