package commands

import (
	"io"

	"github.com/charmbracelet/lipgloss"

	"ecsctl/provision"
)

// stepLines tells of each step on a line of its own, with its time and what it made.
type stepLines struct {
	out         io.Writer
	good, wrong lipgloss.Style
	verbose     bool
}

func newStepLines(out io.Writer, verbose bool) *stepLines {
	renderer := lipgloss.NewRenderer(out)
	return &stepLines{
		out: out, verbose: verbose,
		good:  renderer.NewStyle().Foreground(lipgloss.Color("2")),
		wrong: renderer.NewStyle().Foreground(lipgloss.Color("1")),
	}
}

// pastTense words an action that is done.
var pastTense = map[provision.Action]string{
	provision.Create: "created", provision.Update: "changed", provision.Delete: "deleted",
}

// Start says what begins, when asked to say more.
func (s *stepLines) Start(kind provision.Kind, name string, action provision.Action) {
	if s.verbose {
		printf(s.out, "  … %s %s %s\n", action, kind, name)
	}
}

// Done says what was done, in what time, and the ARN or id.
func (s *stepLines) Done(a provision.Applied, err error) {
	if err != nil {
		printf(s.out, "%s %s %s: %s (%.1fs)\n", s.wrong.Render("✗"), a.Kind, a.Name, firstLine(err), a.Seconds)
		return
	}
	printf(s.out, "%s %s %s %s (%.1fs)", s.good.Render("✓"), pastTense[a.Action], a.Kind, a.Name, a.Seconds)
	if a.ID != "" && a.Action != provision.Delete {
		printf(s.out, " %s", a.ID)
	}
	printf(s.out, "\n")
}

// Note says what is being waited for.
func (s *stepLines) Note(text string) { printf(s.out, "  %s\n", text) }

// firstLine keeps the line of a failed step short: the whole error comes at the end.
func firstLine(err error) string {
	for _, part := range parts(err) {
		return part.Error()
	}
	return err.Error()
}
