package provision

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	type any = interface{}
	for name, test := range map[string]struct {
		before, after any
		want          []Field
	}{
		"equal": {map[string]any{
			"a": 1, "b": []string{"x"},
		}, map[string]any{"b": []string{"x"}, "a": 1.0}, nil},
		"a value": {map[string]any{"cpu": "512"}, map[string]any{"cpu": "1024"},
			[]Field{{Path: "cpu", Before: "512", After: "1024"}}},
		"a nested value": {map[string]any{"a": map[string]int{"b": 1}}, map[string]any{"a": map[string]int{"b": 2}},
			[]Field{{Path: "a.b", Before: "1", After: "2"}}},
		"one that went": {map[string]any{"a": 1, "b": true}, map[string]any{"a": 1},
			[]Field{{Path: "b", Before: "true", After: ""}}},
		"one that came": {map[string]any{}, map[string]any{"b": "x"}, []Field{{Path: "b", Before: "", After: "x"}}},
		"sorted by path": {map[string]any{"b": 1, "a": 1}, map[string]any{"b": 2, "a": 2},
			[]Field{{Path: "a", Before: "1", After: "2"}, {Path: "b", Before: "1", After: "2"}}},
		"a list of words": {map[string]any{"l": []string{"x", "y"}}, map[string]any{"l": []string{"x"}},
			[]Field{{Path: "l", Before: `["x","y"]`, After: `["x"]`}}},
		"a list of objects, one by one": {
			map[string]any{"c": []map[string]int{{"m": 1}, {"m": 2}}},
			map[string]any{"c": []map[string]int{{"m": 1}, {"m": 3}}},
			[]Field{{Path: "c[1].m", Before: "2", After: "3"}}},
		"a list of objects that grew": {
			map[string]any{"c": []map[string]int{{"m": 1}}}, map[string]any{"c": []map[string]int{{"m": 1}, {"m": 2}}},
			[]Field{{Path: "c", Before: `[{"m":1}]`, After: `[{"m":1},{"m":2}]`}}},
		"another type": {map[string]any{"a": "1"}, map[string]any{"a": 1},
			[]Field{{Path: "a", Before: "1", After: "1"}}},
		"large numbers": {map[string]any{"a": int64(9007199254740993)}, map[string]any{"a": int64(9007199254740992)},
			[]Field{{Path: "a", Before: "9007199254740993", After: "9007199254740992"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, compare("", test.before, test.after)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
