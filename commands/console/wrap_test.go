package console

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"a short line": {"as it is\n", "as it is\n"},
		"a full line":  {strings.Repeat("x", 30) + "\n", strings.Repeat("x", 30) + "\n"},
		"a sentence": {"ecsctl: error: the role may not do that\n",
			"ecsctl: error: the role may\n  not do that\n"},
		"an indented one": {"    waiting for a worker to come online\n",
			"    waiting for a worker to\n    come online\n"},
		"a column": {"  --pool name  the name of the work pool\n",
			"  --pool name  the name of the\n               work pool\n"},
		"a wide column": {"  a first column that is wide  b c\n", "  a first column that is wide\n      b c\n"},
		"in a frame": {"   │ created the cluster that is needed\n",
			"   │ created the cluster that\n   │ is needed\n"},
		"a long word": {"see https://docs.prefect.io/v3/how-to/x now\n",
			"see\nhttps://docs.prefect.io/v3/how-to/x\nnow\n"},
		"a command": {"next: ecsctl bootstrap --pool etl --region eu\n",
			"next: ecsctl bootstrap --pool etl --region eu\n"},
		"what a command is for": {"   ecsctl status - show the state of a pool\n",
			"   ecsctl status - show the\n   state of a pool\n"},
		"a fix": {"      fix: aws ecs stop-task --cluster default --task a\n",
			"      fix: aws ecs stop-task --cluster default --task a\n"},
		"a fix in prose": {"      fix: ecsctl bootstrap; before it, read the log\n",
			"      fix: ecsctl bootstrap;\n        before it, read the\n        log\n"},
		"colours": {"\x1b[31m" + strings.Repeat("word ", 6) + "end\x1b[0m\n",
			"\x1b[31mword word word word word word\nend\x1b[0m\n"},
		"without its end": {"what is the name of the work pool? ", "what is the name of the work\npool? "},
		"several":         {"a\n\nb\n", "a\n\nb\n"},
		"wide characters": {"日本語日本語日本語 日本語日本語日本語\n", "日本語日本語日本語\n日本語日本語日本語\n"},
		"what has a tab": {"a\tb c d e f g h i j k l m n o p q r s t\n",
			"a\tb c d e f g h i j k l m n o p q r s t\n"},
		"a line of blanks": {strings.Repeat(" ", 40) + "\n", strings.Repeat(" ", 30) + "\n"},
	} {
		if diff := cmp.Diff(c.want, (&wrapper{}).wrap(c.text, 30)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// A line may come in several calls.
func TestWrapGoesOn(t *testing.T) {
	t.Parallel()
	w, got := &wrapper{}, ""
	parts := []string{"✓ created cluster default", " (0.1s)", " arn:one", "\n", "  --pool", "  ",
		"the name of the pools", "\n", "next line\n"}
	for _, part := range parts {
		got += w.wrap(part, 30)
	}
	if diff := cmp.Diff("✓ created cluster default\n  (0.1s) arn:one\n  --pool  the name of the\n          "+
		"pools\nnext line\n", got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
