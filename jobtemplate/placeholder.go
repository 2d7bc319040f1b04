package jobtemplate

import (
	"regexp"
	"strings"
)

// The prefixes that give a placeholder a meaning of its own.
const (
	blockPrefix    = "prefect.blocks."
	variablePrefix = "prefect.variables."
	environPrefix  = "$"
)

type placeholderKind int

const (
	jobVariable placeholderKind = iota
	blockReference
	variableReference
	environReference
)

// placeholderPattern matches a placeholder. Its classes are those of Python's \w and \s, which
// know all of Unicode.
var placeholderPattern = func() *regexp.Regexp {
	const space = `[\s\x0b\x1c-\x1f\x85\p{Z}]*`
	return regexp.MustCompile(`\{\{` + space + `([\p{L}\p{N}_.\-\[\]$]+)` + space + `\}\}`)
}()

// placeholder is one "{{ name }}" of a string.
type placeholder struct {
	full string // with the braces, as written
	name string
	kind placeholderKind
}

func newPlaceholder(full, name string) placeholder {
	p := placeholder{full: full, name: name}
	switch {
	case strings.HasPrefix(name, blockPrefix):
		p.kind = blockReference
	case strings.HasPrefix(name, variablePrefix):
		p.kind = variableReference
	case strings.HasPrefix(name, environPrefix):
		p.kind = environReference
	}
	return p
}

// whole returns the placeholder that a string consists of, nothing around it.
func whole(text string) (placeholder, bool) {
	found := placeholderPattern.FindStringSubmatch(text)
	if found == nil || found[0] != text {
		return placeholder{}, false
	}
	return newPlaceholder(found[0], found[1]), true
}

// splice replaces placeholders in one pass: what is put in is not looked at again.
// with returns the text for one, or false to leave it as it stands.
func splice(text string, with func(placeholder) (string, bool)) string {
	return placeholderPattern.ReplaceAllStringFunc(text, func(full string) string {
		found := placeholderPattern.FindStringSubmatch(full)
		if replacement, ok := with(newPlaceholder(found[0], found[1])); ok {
			return replacement
		}
		return full
	})
}

// placeholders returns the names of all placeholders in a template, by kind.
func placeholders(template any, kind placeholderKind) map[string]bool {
	names := map[string]bool{}
	collectPlaceholders(template, kind, names)
	return names
}

func collectPlaceholders(template any, kind placeholderKind, names map[string]bool) {
	switch template := template.(type) {
	case string:
		for _, found := range placeholderPattern.FindAllStringSubmatch(template, -1) {
			if p := newPlaceholder(found[0], found[1]); p.kind == kind {
				names[p.name] = true
			}
		}
	case []any:
		for _, item := range template {
			collectPlaceholders(item, kind, names)
		}
	case map[string]any:
		for _, value := range template {
			collectPlaceholders(value, kind, names)
		}
	}
}
