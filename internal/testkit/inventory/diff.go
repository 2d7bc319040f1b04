package inventory

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Diff returns how b differs from a in their normal forms, "" when it does not: one
// line for each value that went ("-") or came ("+"), with the path to it.
func Diff(a, b *Snapshot) string {
	before, after := a.Normal().leaves(), b.Normal().leaves()
	paths := slices.Collect(maps.Keys(before))
	for path := range after {
		if _, both := before[path]; !both {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	var out strings.Builder
	for _, path := range paths {
		was, had := before[path]
		is, has := after[path]
		if had && (!has || was != is) {
			fmt.Fprintf(&out, "- %s: %s\n", path, was)
		}
		if has && (!had || was != is) {
			fmt.Fprintf(&out, "+ %s: %s\n", path, is)
		}
	}
	return out.String()
}

// leaves lists every single value by its path, and each thing by its name.
func (t Things) leaves() map[string]string {
	out := map[string]string{}
	for kind, things := range t {
		for name, content := range things {
			out[kind+" "+name] = "there"
			collect(out, kind+" "+name, content)
		}
	}
	return out
}

func collect(out map[string]string, path string, node any) {
	switch node := node.(type) {
	case map[string]any:
		for key, child := range node {
			collect(out, path+" > "+key, child)
		}
	case []any:
		for i, child := range node {
			collect(out, path+" > "+strconv.Itoa(i), child)
		}
	default:
		out[path] = fmt.Sprintf("%#v", node)
	}
}
