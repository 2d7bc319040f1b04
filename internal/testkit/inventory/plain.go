package inventory

import (
	"cmp"
	"encoding/json"
	"slices"
)

// sets are lists whose order means nothing to AWS.
var sets = map[string]bool{
	"Subnets": true, "subnets": true, "SecurityGroups": true, "securityGroups": true, "CapacityProviders": true,
}

// prune drops empty members, which AWS and its stand-ins leave out or send as
// they please, and sorts what is a set.
func prune(node any) any {
	switch node := node.(type) {
	case map[string]any:
		for key, child := range node {
			child = prune(child)
			if empty(child) {
				delete(node, key)
				continue
			}
			if list, ok := child.([]any); ok && (sets[key] || named(list)) {
				slices.SortFunc(list, compareJSON)
			}
			node[key] = child
		}
	case []any:
		for i := range node {
			node[i] = prune(node[i])
		}
	}
	return node
}

func empty(node any) bool {
	switch node := node.(type) {
	case nil:
		return true
	case string:
		return node == ""
	case []any:
		return len(node) == 0
	case map[string]any:
		return len(node) == 0
	}
	return false
}

// named reports whether every item has a key of its own, as tags, environment
// variables, secrets and cluster settings have.
func named(list []any) bool {
	for _, item := range list {
		fields, ok := item.(map[string]any)
		if !ok || (fields["Key"] == nil && fields["Name"] == nil && fields["IpProtocol"] == nil) {
			return false
		}
	}
	return true
}

func compareJSON(a, b any) int {
	left, _ := json.Marshal(a)
	right, _ := json.Marshal(b)
	return cmp.Compare(string(left), string(right))
}
