package jobtemplate

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustDecode(t testing.TB, text string) any {
	t.Helper()
	value, err := decode(json.RawMessage(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

const expandValues = `{
	"n": 5, "f": 1.50, "yes": true, "none": null, "text": "T", "empty": "", "list": [1, {"k": "v"}], "object": {"b": 1, "a": "it's"},
	"braces": "{{ n }}", "with-dash": "D", "größe": "G", "5": "five"
}`

func TestExpand(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ template, want string }{
		"text": {`"plain"`, `"plain"`},
		"whole keeps the type": {`["{{ n }}", "{{ f }}", "{{ yes }}", "{{ list }}"]`,
			`[5, 1.50, true, [1, {"k": "v"}]]`},
		"whole null stays":           {`{"a": "{{ none }}"}`, `{"a": null}`},
		"whole unset drops the key":  {`{"a": "{{ nope }}", "b": 1}`, `{"b": 1}`},
		"whole unset drops the item": {`["{{ nope }}", 1]`, `[1]`},
		"unset at the end of a path": {`{"a": "{{ object.nope }}", "b": "{{ text.x }}", "c": "{{ n.x }}"}`, `{}`},
		"spliced":                    {`"<{{ n }}|{{f}}|{{ yes }}|{{ none }}|{{ nope }}>"`, `"<5|1.5|True|None|>"`},
		"spliced containers":         {`"{{ list }} {{ object }}"`, `"[1, {'k': 'v'}] {'a': \"it's\", 'b': 1}"`},
		"twice the same is no whole": {`"{{ text }}{{ text }}"`, `"TT"`},
		"space around is no whole":   {`" {{ n }}"`, `" 5"`},
		"paths": {
			`["{{ object.a }}", "{{ list[0] }}", "{{ list[1].k }}", "{{ list.1.k }}", "{{ list[-1].k }}", "{{ text[0] }}"]`, `["it's", 1, "v", "v", "v", "T"]`},
		"a number is no key":      {`{"a": "{{ 5 }}"}`, `{}`},
		"odd names":               {`"{{ with-dash }}{{ größe }}"`, `"DG"`},
		"values are no templates": {`["{{ braces }}", "{{ braces }}!"]`, `["{{ n }}", "{{ n }}!"]`},
		"keys are no templates":   {`{"{{ n }}": 1}`, `{"{{ n }}": 1}`},
		"unicode spaces":          {`"{{\u00a0n\u2003}}"`, `5`},
		"not placeholders":        {`"{{ }} {{ a b }} { { n } } {{n}"`, `"{{ }} {{ a b }} { { n } } {{n}"`},
		"three braces":            {`"{{{ n }}}"`, `"{5}"`},
		"environment":             {`["{{ $HOME }}", "x{{ $NOPE }}y", "{{ $$HOME }}"]`, `["/h", "xy", "/h"]`},
		"references wait their turn": {`"{{ prefect.blocks.a.b }} {{ prefect.variables.c }}{{ n }}"`,
			`"{{ prefect.blocks.a.b }} {{ prefect.variables.c }}5"`},
		"whole reference waits too":   {`"{{ prefect.variables.c }}"`, `"{{ prefect.variables.c }}"`},
		"nested containers":           {`{"a": [{"b": "{{ n }}"}, ["{{ nope }}"]]}`, `{"a": [{"b": 5}, []]}`},
		"numbers keep their spelling": {`[1.0, 1e3, 10000000000000000000000]`, `[1.0, 1e3, 10000000000000000000000]`},
	}
	values := mustDecode(t, expandValues).(map[string]any)
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := expander{values: values, budget: newBudget(&findings{}), environ: func(name string) (string, bool) {
				return "/h", name == "HOME"
			}}
			got, _ := e.expand(mustDecode(t, tc.template))
			if diff := cmp.Diff(mustDecode(t, tc.want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzExpand(f *testing.F) {
	for _, seed := range []string{
		`"{{ n }}"`, `"a{{ n }}b{{ list[0] }}"`, `{"a": ["{{ nope }}", {"b": "{{ $HOME }}"}]}`, `"{{{{ n }}}}"`,
		`"{{ list[-9] }}"`,
		`"{{ prefect.blocks.x.y.z[0] }}"`, `"{{ text[0][0] }}"`, `"\u00a0{{\u2028n }}"`, `null`, `[[[]]]`,
		`"{{ object..a }}"`, `"{{ ] }}{{ [ }}"`,
	} {
		f.Add(seed)
	}
	values := mustDecode(f, expandValues).(map[string]any)
	before := clone(values)
	e := expander{values: values, budget: newBudget(&findings{}), environ: func(string) (string, bool) {
		return "env", true
	}}
	f.Fuzz(func(t *testing.T, text string) {
		template, err := decode(json.RawMessage(text))
		if err != nil {
			t.Skip()
		}
		original := clone(template)
		once, _ := e.expand(template)
		again, _ := e.expand(template)
		if !cmp.Equal(once, again) {
			t.Errorf("not the same twice: %v, %v", once, again)
		}
		if !cmp.Equal(original, template) || !cmp.Equal(before, any(values)) {
			t.Error("the template or the values were changed")
		}
		if !strings.Contains(text, "{{") && !strings.Contains(text, `\u`) && !cmp.Equal(original, once) {
			t.Errorf("changed without a placeholder: %v", once)
		}
		checkExpanded(t, original, once)
	})
}

// checkExpanded wants no placeholder of ours left, unless a value brought it, and the
// shape of the template kept.
func checkExpanded(t *testing.T, template, expanded any) {
	switch template := template.(type) {
	case string:
		text, ok := expanded.(string)
		found := placeholderPattern.FindAllStringSubmatch(template, -1)
		if !ok || slices.ContainsFunc(found, func(m []string) bool { return strings.Contains(m[1], "braces") }) {
			return
		}
		// What is left may come together anew: only look when nothing can.
		if rest := splice(template, func(placeholder) (string, bool) { return "", true }); strings.ContainsAny(rest,
			"{}") {
			return
		}
		for name := range placeholders(text, jobVariable) {
			t.Errorf("%q is left in %q", name, text)
		}
	case []any:
		if list, ok := expanded.([]any); !ok || len(list) > len(template) {
			t.Errorf("%v became %v", template, expanded)
		}
	case map[string]any:
		object, ok := expanded.(map[string]any)
		if !ok {
			t.Fatalf("%v became %v", template, expanded)
		}
		for key, value := range object {
			checkExpanded(t, template[key], value)
		}
	default:
		if !cmp.Equal(template, expanded) {
			t.Errorf("%v became %v", template, expanded)
		}
	}
}
