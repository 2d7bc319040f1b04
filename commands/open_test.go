package commands_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOpen has a browser that notes what it is given: the address as one argument, whatever is in the name.
// It does so after ecsctl has ended and the terminal is gone.
func TestOpen(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	const pool = "etl $(touch gone)"
	a.Run("bootstrap", "--pool", pool, "--yes", noWait)
	bin := filepath.Join(a.dir, "browser")
	a.must(os.Mkdir(bin, 0o755))
	a.must(os.WriteFile(filepath.Join(bin, "xdg-open"), []byte("#!/bin/sh\nsleep 0.3\necho \"$#:$1\" >"+a.dir+"/told\n"+
		"mv "+a.dir+"/told "+a.dir+"/opened\n"), 0o755))
	for i, entry := range a.env {
		if path, ok := strings.CutPrefix(entry, "PATH="); ok {
			a.env[i] = "PATH=" + bin + ":" + path
		}
	}
	const page = "/work-pools/work-pool/etl%20$%28touch%20gone%29"
	a.open("open", pool).exits(0, page)
	a.eventually(t.Context(), "the browser is told", func() bool {
		raw, err := os.ReadFile(filepath.Join(a.dir, "opened"))
		return err == nil && strings.HasPrefix(string(raw), "1:http://") && strings.HasSuffix(string(raw), page+"\n")
	})
	if _, err := os.Stat(filepath.Join(a.dir, "gone")); err == nil {
		t.Error("a shell has read the name")
	}
}

// TestLinks: on a terminal that is known to have links a name leads to its page, and one that is not gets
// the plain text.
func TestLinks(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Run(bootstrapArgs...)
	const start, end = "\x1b]8;id=", "\x1b]8;;\x1b\\"
	for _, test := range []struct {
		env  string
		want bool
	}{{"FORCE_HYPERLINK=1", true}, {"TERM_PROGRAM=WezTerm", true}, {"TERM=tmux-256color", false}, {"X=", false}} {
		s := a.openScreen(100, 30, nil, []string{test.env}, "open", "etl", "--print")
		s.exits(0, "/work-pools/work-pool/etl")
		if got := strings.Contains(s.text(), start) && strings.Contains(s.text(), end); got != test.want {
			t.Errorf("%s: links: %v, want %v\n%q", test.env, got, test.want, s.text())
		}
		if strings.Contains(s.lines(), "]8;") {
			t.Errorf("%s: the sequence is to be seen:\n%s", test.env, s.lines())
		}
	}
}
