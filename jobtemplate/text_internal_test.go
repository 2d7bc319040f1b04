package jobtemplate

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// The wanted texts are what Python 3.11 prints for str(json.loads(...)).
func TestPyText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`"it's"`: "it's", `null`: "None", `true`: "True", `false`: "False", `12`: "12", `-0`: "0", `1.0`: "1.0",
		`-0.0`: "-0.0",
		`1e22`: "1e+22", `1e16`: "1e+16", `1e15`: "1000000000000000.0", `0.0001`: "0.0001", `0.00001`: "1e-05",
		`1.5e300`: "1.5e+300", `1e999`: "inf", `-1e999`: "-inf",
		`123456789012345678901234567890`:                              "123456789012345678901234567890",
		`["a", "it's", "say \"x\"", "it's \"x\"", null, 1.5, [true]]`: `['a', "it's", 'say "x"', 'it\'s "x"', None, 1.5, [True]]`,
		`{"b": {}, "a": [1]}`:                                         `{'a': [1], 'b': {}}`,
		`["\n\t\\\u0001\u00a0é\u200b"]`:                               `['\n\t\\\x01\xa0é\u200b']`,
	} {
		if got := pyText(mustDecode(t, text)); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// The wanted texts are what python-slugify makes of them, called as the worker does.
func TestTagText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain": "plain", "a b": "a-b", "a/b=c+d:e@f_g.h": "a/b=c+d:e@f_g.h", "--x--y--": "x-y", "it's": "it-s",
		"1,234,567": "1234567", "1,2,3,x": "123-x",
		"&amp;": "", "&lt;b&gt;": "b", "&#65;&#x42;": "AB", "&eacute;": "", "&nope;": "nope",
		"&#99999999;&#65;": "99999999-65", "½": "1-2", "ﬁ²": "fi2", "Ⅳ": "IV",
		"café": "caf", "&frac12;": "1-2", "": "", "!!": "",
	} {
		if got := tagText(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func FuzzTagText(f *testing.F) {
	for _, seed := range []string{"a b", "&#65;", "&#x110000;", "1,2", "it''s", "\xff", "&amp;amp;", "日本"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := tagText(text)
		if notInTags.MatchString(got) || strings.Contains(got, "--") || strings.Trim(got, "-") != got {
			t.Errorf("%q became %q", text, got)
		}
		if !strings.ContainsAny(got, "&,") && tagText(got) != got {
			t.Errorf("%q is not stable: %q", got, tagText(got))
		}
	})
}

func TestSplitCommand(t *testing.T) {
	t.Parallel()
	tests := []struct {
		command string
		want    []string
		err     error
	}{
		{"", nil, nil},
		{"  a  b\tc\n", []string{"a", "b", "c"}, nil},
		{`sh -c 'a "b" \c'`, []string{"sh", "-c", `a "b" \c`}, nil},
		{`"a \"b\" \n \\" c\ d`, []string{`a "b" \n \`, "c d"}, nil},
		{`a''b "" ''`, []string{"ab", "", ""}, nil},
		{"# no comment", []string{"#", "no", "comment"}, nil},
		{"'open", nil, errOpenQuote},
		{`"open`, nil, errOpenQuote},
		{`end\`, nil, errOpenEscape},
		{"é 'ü ö'", []string{"é", "ü ö"}, nil},
	}
	for _, tc := range tests {
		got, err := splitCommand(tc.command)
		if diff := cmp.Diff(tc.want, got); diff != "" || !errors.Is(err, tc.err) {
			t.Errorf("%q: %v (-want +got):\n%s", tc.command, err, diff)
		}
	}
}

// Words that are quoted come back as they were.
func FuzzSplitCommand(f *testing.F) {
	f.Add("a", "b c")
	f.Add("it's", `"\`)
	f.Add("", "\n")
	f.Fuzz(func(t *testing.T, first, second string) {
		if !utf8.ValidString(first) || !utf8.ValidString(second) {
			t.Skip()
		}
		quote := func(word string) string { return "'" + strings.ReplaceAll(word, "'", `'"'"'`) + "'" }
		got, err := splitCommand(quote(first) + " " + quote(second))
		if diff := cmp.Diff([]string{first, second}, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		if words, err := splitCommand(first); err == nil && len(words) > len(first) {
			t.Errorf("%q: more words than characters: %q", first, words)
		}
	})
}

func TestPyTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-11-23T10:11:12.345678Z":      "2026-11-23T10:11:12.345678+00:00",
		"2026-11-23T10:11:12Z":             "2026-11-23T10:11:12+00:00",
		"2026-11-23T10:11:12.1+02:00":      "2026-11-23T08:11:12.100000+00:00",
		"2026-11-23 10:11:12.000001+00:00": "2026-11-23T10:11:12.000001+00:00",
		"":                                 "",
	} {
		if got := pyTime(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
