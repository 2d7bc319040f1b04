package console

import (
	"io"

	"github.com/charmbracelet/lipgloss"

	"ecsctl/internal/plaintext"
	"ecsctl/provision"
)

// stepLines tells of each step on a line of its own, with its time and what it made. On
// a terminal what is under way is shown below, with the time that it has taken so far.
type stepLines struct {
	out         io.Writer
	live        *live // nil elsewhere
	good, wrong lipgloss.Style
	verbose     bool
}

// NewStepLines returns a Progress that writes a line for each finished step.
func NewStepLines(out io.Writer, verbose bool) *stepLines {
	renderer := lipgloss.NewRenderer(out)
	return &stepLines{
		out: out, live: StartLive(out), verbose: verbose,
		good:  renderer.NewStyle().Foreground(lipgloss.Color("2")),
		wrong: renderer.NewStyle().Foreground(lipgloss.Color("1")),
	}
}

// pastTense words an action that is done.
var pastTense = map[provision.Action]string{
	provision.Create: "created", provision.Update: "changed", provision.Delete: "deleted",
	provision.Leave: "left",
}

// Close takes away what is shown as under way. Nothing is told after it.
func (s *stepLines) Close() { s.live.Stop() }

// Start says what begins: on a terminal for as long as it takes, elsewhere when asked to
// say more.
func (s *stepLines) Start(kind provision.Kind, name string, action provision.Action) {
	s.live.start(stepText(kind, name, action))
	if s.verbose && s.live == nil {
		Printf(s.out, "  … %s\n", stepText(kind, name, action))
	}
}

func stepText(kind provision.Kind, name string, action provision.Action) string {
	return string(action) + " " + string(kind) + " " + name
}

// Done says what was done and in what time; the ARN or id is for who asks to hear more.
func (s *stepLines) Done(a provision.Applied, err error) {
	s.live.finish(stepText(a.Kind, a.Name, a.Action), func() { s.done(a, err) })
}

func (s *stepLines) done(a provision.Applied, err error) {
	if err != nil {
		Printf(s.out, "%s %s %s: %s (%.1fs)\n", s.wrong.Render("✗"), a.Kind, a.Name, firstLine(err), a.Seconds)
		return
	}
	Printf(s.out, "%s %s %s %s (%.1fs)", s.good.Render("✓"), pastTense[a.Action], a.Kind,
		plaintext.Line(a.Name), a.Seconds)
	if s.verbose && a.ID != "" && a.Action != provision.Delete {
		Printf(s.out, " %s", a.ID)
	}
	Printf(s.out, "\n")
}

// Note says what is being waited for.
func (s *stepLines) Note(text string) {
	if s.live != nil {
		s.live.Note(text)
		return
	}
	Printf(s.out, "  %s\n", text)
}

// firstLine keeps the line of a failed step short: the whole error comes at the end.
func firstLine(err error) string {
	for _, part := range parts(err) {
		return part.Error()
	}
	return err.Error()
}
