package events

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"ecsctl/sandbox/internal/wire"
)

// pattern is an event pattern: an object whose leaves are lists of what a value may be.
// The branches of a pattern must all match, of a list one element must.
type pattern map[string]any

// parsePattern refuses what EventBridge refuses, and by name what only the sandbox lacks.
func parsePattern(text string) (pattern, error) {
	var p map[string]any
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return nil, badPattern("Not valid JSON: " + err.Error())
	}
	if len(p) == 0 {
		return nil, badPattern("Empty filter")
	}
	return p, checkPattern(p)
}

func badPattern(reason string) *wire.Error {
	return wire.Errorf("InvalidEventPatternException", "Event pattern is not valid. Reason: %s", reason)
}

func checkPattern(p map[string]any) error {
	for key, value := range p {
		switch value := value.(type) {
		case map[string]any:
			if key == "$or" {
				return wire.NotImplemented("$or in event patterns")
			}
			if err := checkPattern(value); err != nil {
				return err
			}
		case []any:
			if err := checkLeaf(key, value); err != nil {
				return err
			}
		default:
			return badPattern(fmt.Sprintf("%q must be an object or an array", key))
		}
	}
	return nil
}

func checkLeaf(key string, list []any) error {
	if key == "$or" {
		return wire.NotImplemented("$or in event patterns")
	}
	if len(list) == 0 {
		return badPattern("Empty arrays are not allowed")
	}
	for _, item := range list {
		matcher, ok := item.(map[string]any)
		if !ok {
			continue
		}
		if word, _ := matcher["wildcard"].(string); strings.Contains(word, "**") {
			return badPattern("Consecutive wildcard characters")
		}
		for name := range matcher {
			if !slices.Contains([]string{"prefix", "suffix", "exists", "anything-but", "equals-ignore-case",
				"wildcard"}, name) {
				return wire.NotImplemented("the match type " + name + " in event patterns")
			}
		}
	}
	return nil
}

func (p pattern) matches(event map[string]any) bool {
	for key, want := range p {
		got, there := event[key]
		switch want := want.(type) {
		case map[string]any:
			if !pattern(want).matchesOne(got) {
				return false
			}
		case []any:
			if !leafMatches(want, got, there) {
				return false
			}
		}
	}
	return true
}

// matchesOne takes an object, or a list with one that matches.
func (p pattern) matchesOne(got any) bool {
	list, ok := got.([]any)
	if !ok {
		list = []any{got}
	}
	return slices.ContainsFunc(list, func(item any) bool {
		inner, _ := item.(map[string]any)
		return p.matches(inner)
	})
}

// leafMatches compares with each element when the event has a list.
func leafMatches(want []any, got any, there bool) bool {
	values := []any{got}
	if list, ok := got.([]any); ok {
		values = list
	}
	return slices.ContainsFunc(want, func(w any) bool {
		if exists, ok := existence(w); ok {
			return exists == there
		}
		return there && slices.ContainsFunc(values, func(v any) bool { return valueMatches(w, v) })
	})
}

func existence(want any) (exists, ok bool) {
	matcher, _ := want.(map[string]any)
	exists, ok = matcher["exists"].(bool)
	return exists, ok
}

func valueMatches(want, got any) bool {
	matcher, ok := want.(map[string]any)
	if !ok {
		return reflect.DeepEqual(want, got)
	}
	text, isText := got.(string)
	for name, arg := range matcher {
		word, _ := arg.(string)
		switch name {
		case "prefix":
			return isText && strings.HasPrefix(text, word)
		case "suffix":
			return isText && strings.HasSuffix(text, word)
		case "equals-ignore-case":
			return isText && strings.EqualFold(text, word)
		case "wildcard":
			return isText && wildcard(word).MatchString(text)
		case "anything-but":
			return !equalsAny(arg, got)
		}
	}
	return false
}

// wildcard: a * stands for any characters, separators too.
func wildcard(word string) *regexp.Regexp {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(word), `\*`, ".*") + "$")
}

func equalsAny(arg, got any) bool {
	if list, ok := arg.([]any); ok {
		return slices.ContainsFunc(list, func(item any) bool { return valueMatches(item, got) })
	}
	return valueMatches(arg, got)
}
