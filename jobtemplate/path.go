package jobtemplate

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// pathKeys splits "a.b[0].c" into its keys.
func pathKeys(path string) []string {
	return strings.Split(strings.ReplaceAll(strings.ReplaceAll(path, "[", "."), "]", ""), ".")
}

// lookUp follows a path through objects, lists and the characters of strings.
// A key that is a number is an index, never the key of an object; negative ones
// count from the end. This is what the official worker does.
func lookUp(value any, path string) (any, bool) {
	for _, key := range pathKeys(path) {
		index, err := strconv.Atoi(key)
		isIndex := err == nil
		switch node := value.(type) {
		case map[string]any:
			child, found := node[key]
			if !found || isIndex {
				return nil, false
			}
			value = child
		case []any:
			if index, isIndex = fromEnd(index, len(node), isIndex); !isIndex {
				return nil, false
			}
			value = node[index]
		case string:
			if index, isIndex = fromEnd(index, utf8.RuneCountInString(node), isIndex); !isIndex {
				return nil, false
			}
			value = character(node, index)
		default:
			return nil, false
		}
	}
	return value, true
}

// character is the one at an index, without a copy of them all.
func character(text string, index int) string {
	for _, r := range text {
		if index == 0 {
			return string(r)
		}
		index--
	}
	return ""
}

func fromEnd(index, length int, isIndex bool) (int, bool) {
	if index < 0 {
		index += length
	}
	return index, isIndex && index >= 0 && index < length
}

// setPath sets the value at a dotted path, making the objects on the way.
func setPath(object map[string]any, path string, value any) error {
	keys := pathKeys(path)
	for i, key := range keys[:len(keys)-1] {
		child, found := object[key]
		if !found {
			child = map[string]any{}
			object[key] = child
		}
		next, ok := child.(map[string]any)
		if !ok {
			return fmt.Errorf("%q is set to %s as well", strings.Join(keys[:i+1], "."), kind(child))
		}
		object = next
	}
	object[keys[len(keys)-1]] = value
	return nil
}

// deepMerge lays over on base, object by object; neither is changed.
func deepMerge(base, over map[string]any) map[string]any {
	out := make(map[string]any, len(base)+len(over))
	for key, value := range base {
		out[key] = value
	}
	for key, value := range over {
		old, wasObject := out[key].(map[string]any)
		if object, ok := value.(map[string]any); ok && wasObject {
			value = deepMerge(old, object)
		}
		out[key] = value
	}
	return out
}
