package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckFindsEachRule(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ file, source, want string }{
		"partition": {"a.go", "package a\nvar x = \"arn:aws:iam::1:role/x\"\n", "literal partition"},
		"in a test": {"a_test.go", "package a\nvar x = \"arn:aws:iam::1:role/x\"\n", ""},
		"sleep":     {"a_test.go", "package a\nimport \"time\"\nfunc f() { time.Sleep(1) }\n", "deaf"},
		"err text":  {"a.go", "package a\nimport \"strings\"\nfunc f(err error) bool { return strings.Contains(err.Error(), \"x\") }\n", "type"},
		"long func": {"a.go", "package a\nfunc f() {\n" + strings.Repeat("\n", 100) + "}\n", "function of"},
		"long file": {"a.go", "package a\n" + strings.Repeat("\n", 500), "lines, more than"},
		"clean":     {"a.go", "package a\nfunc f() {}\n", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, tc.file), []byte(tc.source), 0o600); err != nil {
				t.Fatal(err)
			}
			problems, err := check(dir)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(problems, "\n"); !strings.Contains(got, tc.want) || (tc.want == "" && got != "") {
				t.Errorf("problems = %q, want %q in them", got, tc.want)
			}
		})
	}
}
