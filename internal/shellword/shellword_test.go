package shellword_test

import (
	"os/exec"
	"testing"

	"ecsctl/internal/shellword"
)

// A shell reads back what was written.
func TestQuote(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"etl", "my pool", "it's", "", "$HOME", "a\nb", `"`, "*",
		"arn:aws:ecs:eu-west-1:1:cluster/x", "--x=y"} {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf %s "+shellword.Quote(word)).Output()
		if err != nil || string(out) != word {
			t.Errorf("%q became %q: %v", word, out, err)
		}
	}
}
