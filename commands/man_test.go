package commands

import (
	"bytes"
	"strings"
	"testing"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
)

// The manual page has each command with its example, and all flags.
func TestManualPage(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	streams := console.Streams{Out: &out, Err: &out}
	if err := newApp(streams).RunContext(t.Context(), []string{"ecsctl", "man"}); err != nil {
		t.Fatal(err)
	}
	page := strings.ReplaceAll(out.String(), `\-`, "-")
	if !strings.HasPrefix(page, ".nh\n.TH ecsctl 1") {
		t.Errorf("this is no manual page:\n%s", page[:min(len(page), 200)])
	}
	for _, example := range HelpExamples() {
		for _, line := range example.Lines {
			if !strings.Contains(page, line) {
				t.Errorf("%q of %s is not in it", line, example.Command)
			}
		}
	}
	for _, f := range inputs.BootstrapFlags() {
		if name := f.Flag.Names()[0]; !strings.Contains(page, "--"+name) {
			t.Errorf("--%s is not in it", name)
		}
	}
}
