package handover

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// tree turns a struct of the SDK into plain values under AWS's own names: maps, lists, texts, numbers and truth values.
// What is not set is left out.
func tree(value any) any {
	out, _ := plain(reflect.ValueOf(value))
	return out
}

func plain(v reflect.Value) (out any, set bool) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil, false
		}
		out, _ = plain(v.Elem())
		return out, true
	case reflect.Struct:
		return plainStruct(v), true
	case reflect.Map:
		fields := map[string]any{}
		for _, key := range v.MapKeys() {
			fields[key.String()], _ = plain(v.MapIndex(key))
		}
		return fields, !v.IsNil()
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i], _ = plain(v.Index(i))
		}
		return list, !v.IsNil()
	case reflect.String:
		return v.String(), v.String() != ""
	case reflect.Bool:
		return v.Bool(), v.Bool()
	case reflect.Int32, reflect.Int64, reflect.Int:
		return v.Int(), v.Int() != 0
	case reflect.Float32, reflect.Float64:
		return v.Float(), v.Float() != 0
	}
	panic(fmt.Sprintf("no plain form of %s", v.Type())) // a programming error
}

func plainStruct(v reflect.Value) map[string]any {
	fields := map[string]any{}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		if value, set := plain(v.Field(i)); set {
			fields[field.Name] = value
		}
	}
	return fields
}

// document parses JSON that stands in a text, such as a policy.
func document(text any) (any, error) {
	raw, ok := text.(string)
	if !ok {
		return nil, fmt.Errorf("%v is not a document", text)
	}
	var out any
	if err := json.Unmarshal([]byte(raw), &out); err != nil {
		return nil, fmt.Errorf("failed to read a document: %w", err)
	}
	return out, nil
}
