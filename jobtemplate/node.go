package jobtemplate

import (
	"encoding/json"
	"fmt"
)

// node is an object of a request, with the path to it. Fields of a wrong type read as absent:
// the shape of the document was checked before.
type node struct {
	found  *findings
	path   string
	object map[string]any
}

func (n node) has(key string) bool    { return truthy(n.object[key]) }
func (n node) text(key string) string { return field(n.object, key) }

// number is a number of the object.
func (n node) number(key string) (int64, bool) {
	value, ok := n.object[key].(json.Number)
	if !ok {
		return 0, false
	}
	i, err := value.Int64()
	return i, err == nil
}

// child is an object of the object; an empty one when it is not there.
func (n node) child(key string) node {
	object, _ := n.object[key].(map[string]any)
	return node{n.found, join(n.path, key), object}
}

// list is a list of objects of the object.
func (n node) list(key string) []node {
	var out []node
	for i, object := range containerObjects(n.object[key]) {
		out = append(out, node{n.found, fmt.Sprintf("%s[%d]", join(n.path, key), i), object})
	}
	return out
}

func (n node) problem(key, hint, format string, args ...any) {
	n.found.add(join(n.path, key), hint, format, args...)
}

// between checks a number that is given.
func (n node) between(key string, low, high int64) {
	if value, given := n.number(key); given && (value < low || value > high) {
		n.problem(key, "", "it must be between %d and %d", low, high)
	}
}

// without refuses fields that have no place here.
func (n node) without(why string, keys ...string) {
	for _, key := range keys {
		if n.has(key) {
			n.problem(key, "take it out", "%s", why)
		}
	}
}
