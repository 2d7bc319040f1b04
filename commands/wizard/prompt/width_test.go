package prompt

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
)

// A question, its answers, what is wrong with an answer and the answers before are shown whole at
// every width, with no word broken.
func TestQuestionsFitTheWindow(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("subnet-0123456789abcdef0  a name with-hyphens, and more; ", 3)
	wrong := errors.New("wrong: " + long)
	for kind, q := range map[string]Question{
		"text":   {},
		"choice": {Options: []Option{{"one  " + long, "1"}, {"two  " + long, "2"}}, Default: []string{"2"}},
		"choices": {Options: []Option{{"one  " + long, "1"}, {"two  " + long, "2"}}, Many: true,
			Default: []string{"1", "2"}},
	} {
		q.Title, q.Help, q.Above = "Which of them? "+long, "Help: "+long,
			[]string{"Region  eu", "Pool            " + long}
		q.Check = func([]string) error { return wrong }
		for _, width := range []int{60, 80, 120} {
			t.Run(fmt.Sprintf("%s/%d", kind, width), func(t *testing.T) {
				t.Parallel()
				s := newScreen(q.plain())
				s.Init()
				s.Update(tea.WindowSizeMsg{Width: width, Height: 60})
				s.Update(tea.KeyMsg{Type: tea.KeyEnter})
				shown := ansi.Strip(s.View())
				for line := range strings.Lines(shown) {
					if ansi.StringWidth(strings.TrimRight(line, " \n")) > width {
						t.Errorf("wider than %d: %q", width, line)
					}
				}
				if diff := cmp.Diff(words(q), fields(shown)); diff != "" {
					t.Errorf("(-whole +shown)\n%s", diff)
				}
			})
		}
	}
}

// words are those that a screen of the question has.
func words(q Question) []string {
	text := strings.Join(q.Above, " ") + " " + q.Title + " " + q.Help
	for _, o := range q.Options {
		text += " " + o.Label
	}
	return fields(text + " " + q.Check(nil).Error() + " " + (&screen{q: q}).keys())
}

func fields(text string) []string {
	text = strings.NewReplacer("┃", " ", "[x]", " ", "\n> ", "\n  ", " > ", " ").Replace(text)
	return strings.Fields(text)
}
