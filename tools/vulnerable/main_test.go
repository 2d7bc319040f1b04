package main

import (
	"slices"
	"strings"
	"testing"
)

const found = `{"config": {"protocol_version": "v1.0.0"}}
{"osv": {"id": "GO-1", "summary": "a loop"}}
{"osv": {"id": "GO-2", "summary": "a crash"}}
{"osv": {"id": "GO-3", "summary": "never called"}}
{"finding": {"osv": "GO-1", "fixed_version": "v1.2.4", "trace": [{"module": "example.com/m", "version": "v1.2.3"}]}}
{"finding": {"osv": "GO-1", "fixed_version": "v1.2.4", "trace": [{"module": "example.com/m", "version": "v1.2.3", "function": "F"}]}}
{"finding": {"osv": "GO-1", "fixed_version": "v1.2.4", "trace": [{"module": "example.com/m", "version": "v1.2.3", "function": "G"}]}}
{"finding": {"osv": "GO-2", "fixed_version": "v1.26.9", "trace": [{"module": "stdlib", "version": "v1.26.8", "function": "H"}]}}
{"finding": {"osv": "GO-3", "fixed_version": "v2.0.0", "trace": [{"module": "example.com/n", "version": "v1.0.0"}]}}
`

func TestRead(t *testing.T) {
	t.Parallel()
	ours, theirs, err := read(strings.NewReader(found))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"GO-1 example.com/m@v1.2.3, fixed in v1.2.4: a loop"}; !slices.Equal(ours, want) {
		t.Errorf("of modules %q, want %q", ours, want)
	}
	if want := []string{"GO-2 stdlib@v1.26.8, fixed in v1.26.9: a crash"}; !slices.Equal(theirs, want) {
		t.Errorf("of Go %q, want %q", theirs, want)
	}
	for _, wrong := range []string{"", "not JSON"} {
		if _, _, err := read(strings.NewReader(wrong)); err == nil {
			t.Errorf("%q is taken for a scan", wrong)
		}
	}
}
