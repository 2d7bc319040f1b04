package jobtemplate

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	labelPrefix = "prefect.io/"

	// deregisterTag asks the observer of tasks to deregister the definition when the
	// task has stopped. The spelling is the official worker's.
	deregisterTag = labelPrefix + "degregister-task-definition"

	// What ECS allows: tags in a request, characters in a key and in a value.
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256

	reservedTagPrefix = "aws:"
)

type tag struct{ key, value string }

// runTags are the tags of a task: those of the request that no label replaces, then
// the labels, cleaned up so that ECS takes all of them.
func runTags(found *findings, given any, labels map[string]string, deregister bool) []any {
	var tags []tag
	for _, t := range readTags(found, given) {
		if _, replaced := labels[t.key]; !replaced {
			tags = append(tags, t)
		}
	}
	for _, key := range sortedKeys(labels) {
		tags = append(tags, tag{key, labels[key]})
	}
	if deregister {
		tags = append(tags, tag{deregisterTag, "true"})
	}
	tags = limitTags(found, cleanTags(found, tags))
	out := make([]any, len(tags))
	for i, t := range tags {
		out[i] = map[string]any{"key": t.key, "value": t.value}
	}
	return out
}

// readTags reads tags as a template may give them: an object, or AWS's list.
func readTags(found *findings, given any) []tag {
	const path = "task_run_request.tags"
	var tags []tag
	if object, ok := given.(map[string]any); ok {
		for _, key := range sortedKeys(object) {
			value, ok := object[key].(string)
			if !ok {
				found.add(path+"."+key, "", "it is %s, not a string", kind(object[key]))
			}
			tags = append(tags, tag{key, value})
		}
		return tags
	}
	list, ok := given.([]any)
	if !ok && !emptySequence(given) {
		found.add(path, "", "it is %s, not an object or a list", kind(given))
	}
	for i, item := range list {
		object, ok := item.(map[string]any)
		key, keyOK := object["key"].(string)
		value, valueOK := object["value"].(string)
		if !ok || !keyOK || !valueOK {
			found.add(fmt.Sprintf("%s[%d]", path, i), "", "a tag is an object with the strings key and value")
			continue
		}
		tags = append(tags, tag{key, value})
	}
	return tags
}

// cleanTags replaces what ECS refuses. Of tags that become the same one, the last stays.
func cleanTags(found *findings, tags []tag) []tag {
	at := map[string]int{}
	var out []tag
	for _, t := range tags {
		clean, ok := cleanTag(found, t)
		if !ok {
			continue
		}
		if i, seen := at[clean.key]; seen {
			found.warn("the tag %q occurs twice: the last one is used", clean.key)
			out[i] = clean
			continue
		}
		at[clean.key] = len(out)
		out = append(out, clean)
	}
	return out
}

func cleanTag(found *findings, t tag) (tag, bool) {
	clean := tag{tagText(t.key), tagText(t.value)}
	if len(clean.key) >= len(reservedTagPrefix) && strings.EqualFold(clean.key[:len(reservedTagPrefix)],
		reservedTagPrefix) {
		clean.key = clean.key[:3] + "-" + clean.key[4:]
		found.warn("the tag %q has a prefix that AWS keeps for itself: it becomes %q", t.key, clean.key)
	}
	if clean.key == "" {
		found.warn("the tag %q has no character that ECS allows in a key: it is left out", t.key)
		return tag{}, false
	}
	if cut := cutText(clean.key, maxTagKey); cut != clean.key {
		found.warn("the tag %q is longer than %d characters: it is cut", cut, maxTagKey)
		clean.key = cut
	}
	if cut := cutText(clean.value, maxTagValue); cut != clean.value {
		found.warn("the value of the tag %q is longer than %d characters: it is cut", clean.key, maxTagValue)
		clean.value = cut
	}
	return clean, true
}

func cutText(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit])
}

// limitTags keeps as many tags as ECS takes, those that Prefect needs before others.
func limitTags(found *findings, tags []tag) []tag {
	surplus := len(tags) - maxTags
	if surplus <= 0 {
		return tags
	}
	var dropped []string
	keep := make([]bool, len(tags))
	for i := len(tags) - 1; i >= 0; i-- {
		keep[i] = surplus == len(dropped) || strings.HasPrefix(tags[i].key, labelPrefix)
		if !keep[i] {
			dropped = append(dropped, tags[i].key)
		}
	}
	var out []tag
	for i, t := range tags {
		if keep[i] && len(out) < maxTags {
			out = append(out, t)
		}
	}
	found.warn("ECS takes %d tags: left out are %s", maxTags, strings.Join(dropped, ", "))
	return out
}
