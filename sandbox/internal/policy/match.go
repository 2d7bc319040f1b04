package policy

import (
	"slices"
	"strings"
)

// versionWithVariables is the only version in which ${...} is more than text.
const versionWithVariables = "2012-10-17"

// pattern is text with wildcards, ready to be matched.
type pattern []token

// token is a character, or a wildcard: '*' or '?'.
type token struct {
	char rune
	wild bool
}

// literal is text in which nothing is special.
func literal(text string) pattern {
	var p pattern
	for _, r := range text {
		p = append(p, token{char: r})
	}
	return p
}

// glob reads the wildcards of a text.
func glob(text string) pattern {
	p := literal(text)
	for i := range p {
		p[i].wild = p[i].char == '*' || p[i].char == '?'
	}
	return p
}

// matches reports whether the whole text fits; "*" crosses every separator.
func (p pattern) matches(text string) bool {
	chars := []rune(text)
	star, retry := -1, 0
	i, j := 0, 0
	for j < len(chars) {
		switch {
		case i < len(p) && p[i].wild && p[i].char == '*':
			star, retry = i, j
			i++
		case i < len(p) && (p[i].wild || p[i].char == chars[j]):
			i++
			j++
		case star >= 0:
			retry++
			i, j = star+1, retry
		default:
			return false
		}
	}
	for i < len(p) && p[i].wild && p[i].char == '*' {
		i++
	}
	return i == len(p)
}

// split cuts a pattern at the first n-1 colons.
func (p pattern) split(n int) []pattern {
	var out []pattern
	for len(out) < n-1 {
		i := slices.IndexFunc(p, func(t token) bool { return t.char == ':' })
		if i < 0 {
			break
		}
		out, p = append(out, p[:i]), p[i+1:]
	}
	return append(out, p)
}

// matchesARN compares part by part, as the Arn operators do.
func (p pattern) matchesARN(arn string) bool {
	const parts = 6
	want, got := p.split(parts), strings.SplitN(arn, ":", parts)
	if len(want) != parts || len(got) != parts {
		return len(want) == 1 && want[0].matches(arn)
	}
	for i := range want {
		if !want[i].matches(got[i]) {
			return false
		}
	}
	return true
}

// expand fills in the variables of a text. It reports false when one has no value: then
// nothing matches. What a variable stands for is never a wildcard.
func (d Document) expand(text string, wildcards bool, c Context) (pattern, bool) {
	read := literal
	if wildcards {
		read = glob
	}
	if d.Version != versionWithVariables {
		return read(text), true
	}
	var out pattern
	for {
		before, rest, found := strings.Cut(text, "${")
		out = append(out, read(before)...)
		if !found {
			return out, true
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return append(out, read("${"+rest)...), true
		}
		value, ok := variable(name, c)
		if !ok {
			return nil, false
		}
		out = append(out, literal(value)...)
		text = after
	}
}

// variable is the value of `key`, `key, 'default'`, or of an escaped character.
func variable(name string, c Context) (string, bool) {
	if name == "*" || name == "?" || name == "$" {
		return name, true
	}
	key, fallback, hasDefault := strings.Cut(name, ",")
	values := c[strings.ToLower(strings.TrimSpace(key))]
	if len(values) == 1 {
		return values[0], true
	}
	return strings.Trim(strings.TrimSpace(fallback), "'"), hasDefault
}

// variables are the keys that a text refers to.
func variables(text string) []string {
	var out []string
	for {
		_, rest, found := strings.Cut(text, "${")
		if !found {
			return out
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return out
		}
		key, _, _ := strings.Cut(name, ",")
		if key = strings.TrimSpace(key); len(key) > 1 {
			out = append(out, key)
		}
		text = after
	}
}
