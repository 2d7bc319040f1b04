package prompt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/huh"

	"ecsctl/commands/console"
	_ "ecsctl/internal/darkterminal" // before Bubble Tea is initialised
)

// Form asks with the whole of the terminal below the cursor: arrows, Enter, shift+tab.
type Form struct {
	In  io.Reader
	Out io.Writer

	ahead []byte // was typed before the next question was there
}

// Ask shows the question until it is answered, and leaves nothing of it behind.
func (f *Form) Ask(ctx context.Context, q Question) (answer []string, err error) {
	q = q.plain()
	s, in := newScreen(q), f.In
	if file, ok := isTerminalFile(f.In); ok {
		k, noKeys := readKeys(file, f.ahead)
		if noKeys != nil {
			return nil, noKeys
		}
		defer func() {
			ahead, ended := k.end()
			f.ahead, err = ahead, errors.Join(err, ended)
		}()
		in, s.stop, s.resume = k, k.stop, k.resume
	}
	// Signals are main's, and reach us by the context.
	program := tea.NewProgram(s, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(f.Out),
		tea.WithoutSignalHandler())
	_, err = program.Run()
	switch {
	case ctx.Err() != nil:
		return nil, console.ErrAbandoned
	case err != nil:
		return nil, fmt.Errorf("failed to ask %q: %w", q.Title, err)
	}
	return s.result()
}

// outcome is how a screen ended.
type outcome int

const (
	open outcome = iota
	answered
	wentBack
	interrupted
)

// screen is one question on a terminal.
type screen struct {
	q       Question
	form    *huh.Form
	filters interface{ GetFiltering() bool } // nil where nothing can be filtered
	values  func() []string
	stop    func() // takes no more keys
	resume  func() // takes those after an Enter
	fit     func() // wraps the options at the terminal's width
	outcome outcome
	width   int
	height  int    // 0 until the terminal's size is known
	wrong   string // what was wrong with the last answer, as shown
}

func newScreen(q Question) *screen {
	s := &screen{q: q, stop: func() {}, resume: func() {}}
	s.form = huh.NewForm(huh.NewGroup(s.field())).WithTheme(theme()).WithShowHelp(false).WithShowErrors(false)
	// NewForm makes dumb terminals accessible by itself; those never get here.
	s.form.WithAccessible(false)
	return s
}

func (s *screen) field() huh.Field {
	switch {
	case len(s.q.Options) == 0:
		return s.input()
	case s.q.Many:
		return s.multiSelect()
	}
	return s.selection()
}

func (s *screen) input() huh.Field {
	var typed string
	s.values = func() []string { return s.q.text(typed) }
	mode := huh.EchoModeNormal
	if s.q.Secret {
		mode = huh.EchoModePassword
	}
	field := huh.NewInput().Placeholder(s.q.defaultText()).EchoMode(mode).
		Validate(func(text string) error { return s.q.check(s.q.text(text)) }).Value(&typed)
	s.fit = func() { field.Title(s.wrapped(s.q.Title)).Description(s.wrapped(s.q.Help)) }
	return field
}

func (s *screen) selection() huh.Field {
	value := s.q.defaultText()
	s.values = func() []string { return []string{value} }
	field := huh.NewSelect[string]().Options(s.options(maxWidth)...).
		Validate(func(v string) error { return s.q.check([]string{v}) }).Value(&value)
	s.filters = field
	s.fit = func() {
		field.Title(s.wrapped(s.q.Title)).Description(s.wrapped(s.q.Help)).Options(s.options(s.optionWidth())...)
	}
	return field
}

func (s *screen) multiSelect() huh.Field {
	value := slices.Clone(s.q.Default)
	s.values = func() []string { return value }
	field := huh.NewMultiSelect[string]().Options(s.options(maxWidth)...).
		Filterable(false).Validate(s.q.check).Value(&value)
	s.fit = func() {
		field.Title(s.wrapped(s.q.Title)).Description(s.wrapped(s.q.Help)).Options(s.options(s.optionWidth())...)
	}
	return field
}

// wrapped breaks text between words; what is left for huh to break it would break in words.
func (s *screen) wrapped(text string) string { return console.Wrap(text, s.width-len("| ")) }

// beforeOption are the columns of the bar and the pointer.
const beforeOption = len("| > ")

// optionWidth is the room of an option's label.
func (s *screen) optionWidth() int {
	if s.q.Many {
		return s.width - beforeOption - len("[x] ")
	}
	return s.width - beforeOption
}

func (s *screen) options(width int) []huh.Option[string] {
	out := make([]huh.Option[string], len(s.q.Options))
	for i, o := range s.q.Options {
		out[i] = huh.NewOption(console.Wrap(o.Label, width), o.Value)
	}
	return out
}

// Init is Bubble Tea's.
func (s *screen) Init() tea.Cmd { return s.form.Init() }

// Update is Bubble Tea's. Going back and Ctrl-C are decided here: a form of one question
// has nowhere to go back to.
func (s *screen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		s.size(msg.Width, msg.Height)
		return s, s.layOut()
	case tea.KeyMsg:
		// What Enter becomes when it is typed while no question is there; to huh it is "down".
		if msg.Type == tea.KeyCtrlJ {
			return s.Update(tea.KeyMsg{Type: tea.KeyEnter})
		}
		switch {
		case msg.Type == tea.KeyCtrlC:
			return s, s.end(interrupted)
		case msg.Type == tea.KeyShiftTab, msg.Type == tea.KeyEsc && !s.filtering():
			if s.q.First {
				return s, nil
			}
			return s, s.end(wentBack)
		}
	}
	filtering := s.filtering()
	cmd := s.pass(msg)
	if key, ok := msg.(tea.KeyMsg); ok && key.Type == tea.KeyEnter {
		// huh goes on to the next field, which there is not, by messages: what was typed meanwhile
		// would still change this one.
		if !filtering && s.errors() == "" {
			return s, s.end(answered)
		}
		s.resume()
	}
	if s.form.State == huh.StateCompleted {
		return s, s.end(answered)
	}
	if now := s.errors(); now != s.wrong {
		s.wrong = now
		return s, tea.Batch(cmd, s.layOut())
	}
	return s, cmd
}

// layOut gives the question the room that the rest leaves.
func (s *screen) layOut() tea.Cmd {
	cmd := s.pass(tea.WindowSizeMsg{Width: s.width, Height: max(s.height-s.taken(), minHeight)})
	s.scroll()
	return cmd
}

// size takes the terminal's size. One that does not know its own gets the usual one.
func (s *screen) size(width, height int) {
	if width <= 0 || height <= 0 {
		width, height = 80, 24
	}
	s.width, s.height = min(width, maxWidth), height
	s.fit()
}

// scroll shows a list as a whole when there is room for it: one whose height is set
// begins with the chosen option, and hides those before it.
func (s *screen) scroll() {
	field, ok := s.filters.(*huh.Select[string])
	if !ok || field.GetFiltering() || s.needed()+s.taken() > s.height {
		return
	}
	hovered, _ := field.Hovered()
	field.Height(0)
	field.Update(tea.KeyMsg{Type: tea.KeyHome})
	for range slices.IndexFunc(s.q.Options, func(o Option) bool { return o.Value == hovered }) {
		field.Update(tea.KeyMsg{Type: tea.KeyDown})
	}
	s.pass(nil) // the form keeps what it has drawn until a message comes
}

func (s *screen) filtering() bool { return s.filters != nil && s.filters.GetFiltering() }

func (s *screen) pass(msg tea.Msg) tea.Cmd {
	model, cmd := s.form.Update(msg)
	if form, ok := model.(*huh.Form); ok {
		s.form = form
	}
	return cmd
}

func (s *screen) end(how outcome) tea.Cmd {
	s.outcome = how
	s.stop()
	return tea.Quit
}

func (s *screen) result() ([]string, error) {
	switch s.outcome {
	case answered:
		return s.values(), s.q.check(s.values()) // the form checked it: this is for the day that it does not
	case wentBack:
		return nil, ErrBack
	case interrupted:
		return nil, console.ErrAbandoned
	}
	return nil, errors.New("the terminal was closed before the question was answered")
}
