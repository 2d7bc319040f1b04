package worker

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"sort"

	"ecsctl/jobtemplate"
)

// Difference is one value that two previews do not have in common. Before or After is
// nil where there is none.
type Difference struct {
	Path   string `json:"path"`
	Before any    `json:"before"`
	After  any    `json:"after"`
}

// DiffPreviews compares what would be sent. Lists of objects that have names (the
// containers, the environment, tags) are compared by name, so that order and
// insertions do not hide what has changed. What only tells one run from another is left
// out.
func DiffPreviews(before, after *Preview) ([]Difference, error) {
	var out []Difference
	for _, part := range []struct {
		name          string
		before, after map[string]any
	}{
		{"registerTaskDefinition", canonical(before.RegisterTaskDefinition), canonical(after.RegisterTaskDefinition)},
		{"runTask", before.RunTask, after.RunTask},
	} {
		x, err := plain(part.before)
		if err != nil {
			return nil, err
		}
		y, err := plain(part.after)
		if err != nil {
			return nil, err
		}
		compare(&out, part.name, x, y)
	}
	return out, nil
}

// canonical has AWS's defaults filled in and leaves our own tags out.
func canonical(document map[string]any) map[string]any {
	if document == nil {
		return nil
	}
	return jobtemplate.Canonical(document)
}

// ofTheRun matches what tells one run from another: no change of the job.
var ofTheRun = regexp.MustCompile(`\.PREFECT__[A-Z_]+$|\.prefect\.io/[a-z-]+$|^runTask\.(clientToken|startedBy)$`)

// plain gives both sides the same types for the same JSON.
func plain(document map[string]any) (any, error) {
	raw, err := json.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("failed to compare previews: %w", err)
	}
	var out any
	return out, json.Unmarshal(raw, &out)
}

func compare(out *[]Difference, path string, before, after any) {
	before, after = byName(before), byName(after)
	x, isObject := before.(map[string]any)
	y, alsoObject := after.(map[string]any)
	if !isObject || !alsoObject {
		if !ofTheRun.MatchString(path) && !reflect.DeepEqual(before, after) {
			*out = append(*out, Difference{path, before, after})
		}
		return
	}
	keys := slices.Sorted(maps.Keys(x))
	for key := range y {
		if _, both := x[key]; !both {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	for _, key := range keys {
		compare(out, path+"."+key, x[key], y[key])
	}
}

// byName turns a list of named objects into an object; what has a name and a value
// alone becomes that value.
func byName(value any) any {
	list, ok := value.([]any)
	if !ok || len(list) == 0 {
		return value
	}
	out := map[string]any{}
	for _, item := range list {
		object, _ := item.(map[string]any)
		name := firstText(object, "name", "key")
		if name == "" {
			return value
		}
		if _, twice := out[name]; twice {
			return value
		}
		out[name] = object
		if content, given := object["value"]; given && len(object) == 2 {
			out[name] = content
		}
	}
	return out
}

func firstText(object map[string]any, keys ...string) string {
	for _, key := range keys {
		if text, ok := object[key].(string); ok && text != "" {
			return text
		}
	}
	return ""
}
