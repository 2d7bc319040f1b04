package prompt

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/huh"
	"github.com/charmbracelet/lipgloss"

	"ecsctl/commands/console"
	"ecsctl/internal/plaintext"
)

const (
	// maxWidth keeps lines readable on wide terminals.
	maxWidth = 100
	// minHeight is what a question gets of however small a terminal.
	minHeight = 4
	// minAbove is how many answers stay in sight when there is room for some.
	minAbove = 3
)

// taken is how many lines the answers above and the line of keys below take.
func (s *screen) taken() int {
	lines := 2 + strings.Count(s.wrong, "\n")
	if above := len(s.above()); above > 0 {
		lines += above + 1
	}
	return lines
}

// needed is how many lines the question itself takes: title, help and answers.
func (s *screen) needed() int {
	lines := lipgloss.Height(s.wrapped(s.q.Title))
	if s.q.Help != "" {
		lines += lipgloss.Height(s.wrapped(s.q.Help))
	}
	if len(s.q.Options) == 0 {
		return lines + 1
	}
	for _, o := range s.options(s.optionWidth()) {
		lines += lipgloss.Height(o.Key)
	}
	return lines
}

// above are the lines of the answers so far: as many of the last ones as the question leaves room
// for, and a third of the terminal at most.
func (s *screen) above() []string {
	room := max(min(s.height/3, s.height-s.needed()-strings.Count(s.wrong, "\n")-3), minAbove)
	var shown []string
	for i := len(s.q.Above) - 1; i >= 0; i-- {
		lines := strings.Split(console.Wrap(s.q.Above[i], s.width), "\n")
		if left := room - len(shown); len(lines) > left || len(lines) == left && i > 0 {
			return append([]string{fmt.Sprintf("… %d answers above", i+1)}, shown...)
		}
		shown = append(lines, shown...)
	}
	return shown
}

// errors are the lines that say what is wrong with the answer.
func (s *screen) errors() string {
	var b strings.Builder
	for _, err := range s.form.Errors() {
		b.WriteString(console.Wrap(plaintext.Text(err.Error()), s.width) + "\n")
	}
	return b.String()
}

// View is Bubble Tea's. Nothing is shown before the size is known, and nothing is left
// once the question has been answered.
func (s *screen) View() string {
	if s.outcome != open || s.height == 0 {
		return ""
	}
	var b strings.Builder
	for _, line := range s.above() {
		b.WriteString(dim.Render(line) + "\n")
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	b.WriteString(strings.TrimRight(s.form.View(), "\n") + "\n")
	for line := range strings.Lines(s.wrong) {
		b.WriteString(wrong.Render(strings.TrimSuffix(line, "\n")) + "\n")
	}
	return b.String() + dim.Render(s.keys())
}

// keys says what can be typed, in less than 60 columns.
func (s *screen) keys() string {
	keys := []string{"↑↓ choose", "enter next", "shift+tab back", "ctrl+c quit"}
	switch {
	case len(s.q.Options) == 0:
		keys = keys[1:]
	case s.q.Many:
		keys = []string{"↑↓ move", "space choose", "enter next", "shift+tab back"}
	}
	if s.q.First {
		keys = slices.DeleteFunc(keys, func(k string) bool { return k == "shift+tab back" })
	}
	return strings.Join(keys, " · ")
}

// The sixteen colours of the terminal's own theme.
var (
	accent = lipgloss.NewStyle().Foreground(lipgloss.Color("6")).Bold(true)
	dim    = lipgloss.NewStyle().Foreground(lipgloss.Color("8"))
	wrong  = lipgloss.NewStyle().Foreground(lipgloss.Color("1"))
)

func theme() *huh.Theme {
	t := huh.ThemeBase()
	t.Focused.Title = accent
	t.Focused.Description = dim
	t.Focused.SelectSelector = accent.SetString("> ")
	t.Focused.MultiSelectSelector = accent.SetString("> ")
	t.Focused.SelectedOption = accent
	t.Focused.SelectedPrefix = accent.SetString("[x] ")
	t.Focused.UnselectedPrefix = lipgloss.NewStyle().SetString("[ ] ")
	t.Focused.ErrorMessage = wrong
	t.Focused.ErrorIndicator = wrong.SetString("") // what is wrong is said below
	return t
}
