package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCount(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ in, counts, out string }{
		"passed and skipped": {
			in: `making .venvs/aws
{"Action":"run","Package":"p","Test":"A"}
{"Action":"output","Package":"p","Test":"A","Output":"quiet\n"}
{"Action":"pass","Package":"p","Test":"A"}
{"Action":"output","Package":"p","Test":"B","Output":"no python\n"}
{"Action":"skip","Package":"p","Test":"B"}
{"Action":"pass","Package":"p","Elapsed":1.5}
`,
			counts: "1 passed, 0 failed, 1 skipped",
			out:    "making .venvs/aws\nno python\nok   p (1.5s)\n",
		},
		"a failed test": {
			in: `{"Action":"output","Package":"p","Test":"A","Output":"want 1\n"}
{"Action":"fail","Package":"p","Test":"A"}
{"Action":"output","Package":"p","Output":"FAIL\n"}
{"Action":"fail","Package":"p","Elapsed":2}
`,
			counts: "0 passed, 1 failed",
			out:    "want 1\nFAIL p (2.0s)\n",
		},
		"a package that does not build": {
			in: `{"ImportPath":"p","Action":"build-output","Output":"p.go:1: no\n"}
{"ImportPath":"p","Action":"build-fail"}
{"Action":"fail","Package":"p","Elapsed":0,"FailedBuild":"p"}
`,
			counts: "0 passed, 1 failed",
			out:    "p.go:1: no\nFAIL p (0.0s)\n",
		},
		"a panic": {
			in: `{"Action":"pass","Package":"p","Test":"A"}
{"Action":"output","Package":"p","Test":"B","Output":"panic: oh\n"}
{"Action":"fail","Package":"p","Elapsed":0.1}
`,
			counts: "1 passed, 1 failed",
			out:    "panic: oh\nFAIL p (0.1s)\n",
		},
		"nothing": {counts: "0 passed, 0 failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			got, err := count(strings.NewReader(test.in), &out)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != test.counts {
				t.Errorf("counts %q, want %q", got, test.counts)
			}
			if diff := cmp.Diff(test.out, out.String()); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
		})
	}
}
