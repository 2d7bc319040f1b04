// Package jsonschema describes Go types as JSON Schema, as encoding/json writes them.
package jsonschema

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Schema is a JSON Schema, or a part of one.
type Schema = map[string]any

// Enumerated is a type of string with a fixed set of values.
type Enumerated interface{ Values() []string }

// Of returns the schema of a type.
func Of(t reflect.Type) Schema {
	if values, ok := reflect.Zero(t).Interface().(Enumerated); ok && t.Kind() == reflect.String {
		return Schema{"type": "string", "enum": values.Values()}
	}
	if t == reflect.TypeFor[time.Time]() {
		return Schema{"type": "string", "format": "date-time"}
	}
	switch t.Kind() {
	case reflect.Bool:
		return Schema{"type": "boolean"}
	case reflect.String:
		return Schema{"type": "string"}
	case reflect.Float32, reflect.Float64:
		return Schema{"type": "number"}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return Schema{"type": "integer"}
	case reflect.Slice:
		return Schema{"type": "array", "items": Of(t.Elem())}
	case reflect.Map:
		return Schema{"type": "object", "additionalProperties": Of(t.Elem())}
	case reflect.Pointer:
		return Schema{"anyOf": []Schema{Of(t.Elem()), {"type": "null"}}}
	case reflect.Struct:
		properties, required := Schema{}, []string{}
		fields(t, properties, &required)
		return Object(properties, required)
	}
	return Schema{} // an interface: anything
}

// Object is the schema of an object.
func Object(properties Schema, required []string) Schema {
	return Schema{"type": "object", "properties": properties, "required": slices.Sorted(slices.Values(required))}
}

// Merge is the schema of an object that has the fields of all the types. None of optional is required.
func Merge(all, optional []reflect.Type) Schema {
	properties, required := Schema{}, []string{}
	for _, t := range all {
		fields(t, properties, &required)
	}
	for _, t := range optional {
		fields(t, properties, new([]string))
	}
	return Object(properties, required)
}

// fields adds those of a struct, and of the structs that are embedded in it.
func fields(t reflect.Type, properties Schema, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported() && !f.Anonymous:
		case f.Anonymous && name == "":
			embedded := Schema{}
			fields(f.Type, embedded, required)
			maps.Copy(properties, embedded)
		case strings.Contains(options, "omit"):
			properties[name] = Of(f.Type)
			if f.Type.Kind() == reflect.Pointer {
				properties[name] = Of(f.Type.Elem())
			}
		default:
			properties[name] = Of(f.Type)
			*required = append(*required, name)
		}
	}
}
