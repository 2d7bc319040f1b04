package provision

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Field is one difference between what is there and what is wanted. A value that
// is not there is empty; one that only a later step gives is pending.
type Field struct {
	Path   string `json:"path"`
	Before string `json:"before"`
	After  string `json:"after"`
	// Why is there where a value that a user chose is changed.
	Why string `json:"why,omitempty"`
}

// pending stands for a value, such as an ARN, that exists only after an earlier step.
const pending = "(known after apply)"

// hidden stands for a secret value in a plan.
const hidden = "(hidden)"

// compare lists the differences of two values by way of their JSON forms. Both must
// be canonical: defaults filled in, sets sorted.
func compare(path string, before, after any) []Field {
	return compareJSON(path, toJSON(before), toJSON(after))
}

func compareJSON(path string, before, after any) []Field {
	if reflect.DeepEqual(before, after) {
		return nil
	}
	b, beforeIsMap := before.(map[string]any)
	a, afterIsMap := after.(map[string]any)
	if beforeIsMap && afterIsMap {
		return compareMaps(path, b, a)
	}
	bl, beforeIsList := before.([]any)
	al, afterIsList := after.([]any)
	if beforeIsList && afterIsList && len(bl) == len(al) && hasObjects(bl) {
		var out []Field
		for i := range bl {
			out = append(out, compareJSON(path+"["+strconv.Itoa(i)+"]", bl[i], al[i])...)
		}
		return out
	}
	return []Field{{Path: path, Before: show(before), After: show(after)}}
}

func compareMaps(path string, before, after map[string]any) []Field {
	keys := slices.Collect(maps.Keys(before))
	for key := range after {
		if _, ok := before[key]; !ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	var out []Field
	for _, key := range keys {
		out = append(out, compareJSON(joinPath(path, key), before[key], after[key])...)
	}
	return out
}

func joinPath(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func hasObjects(list []any) bool {
	return slices.ContainsFunc(list, func(v any) bool { _, ok := v.(map[string]any); return ok })
}

// show is a value as a person reads it in a plan.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(raw)
}

// toJSON turns a value into maps, lists, strings, numbers and bools.
func toJSON(v any) any {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("value of type %T has no JSON form: %v", v, err)) // a programming error
	}
	var out any
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	if err := decoder.Decode(&out); err != nil {
		panic(fmt.Sprintf("JSON of type %T does not parse: %v", v, err))
	}
	return out
}
