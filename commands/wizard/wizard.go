// Package wizard asks the questions of `ecsctl bootstrap` on a terminal: it turns answers into a Spec, and finds
// out what there is to choose from. It changes nothing.
package wizard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"ecsctl/commands/console"
	"ecsctl/commands/wizard/prompt"
	"ecsctl/image"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

// wizard asks for what a bootstrap needs and nobody has said, and finds out what it
// can so that the answers are there to pick from. It changes nothing.
type wizard struct {
	streams console.Streams
	asker   prompt.Asker
	quiet   bool // nothing on the screen moves
	opts    BootstrapOptions
	spec    spec.Spec
	given   spec.Spec // before any answer

	connection provision.Options // clients, server
	settings   prefect.Settings
	api        *prefect.Client
	identity   provision.Identity
	alias      string
	inStep     bool          // a question of a step is asked
	recalled   bool          // the pool was set up before: what stands is preselected
	newPool    bool          // it was asked for, and is not there
	was        spec.Spec     // as it was recalled, before any further answer
	typed      bool          // the settings have a key that was typed, and that nothing else knows
	locked     bool          // the server wants credentials, and there are none
	binary     *image.Binary // what goes into the worker's image, once it has been read

	steps   []step
	answers []answer // one for each step so far, decided ones too
	first   bool     // there is no question to go back to
}

// step is a question of the wizard. given tells of a Spec that the answer is in it;
// ask asks, puts the answer into the wizard's Spec and returns it in words. decided, if
// not nil, reports whether the answers before leave nothing to ask, and what follows from
// them in words; nothing is shown of an empty one.
type step struct {
	title   string
	given   func(*wizard) bool
	decided func(*wizard) (shown string, ok bool)
	ask     func(ctx context.Context, w *wizard) (shown string, err error)
}

type answer struct {
	title, shown string
	asked        bool
}

// AsksQuestions reports whether the wizard runs: on a terminal, when it was asked for or
// the one thing that has no default, the pool, was not given.
func (o BootstrapOptions) AsksQuestions(streams console.Streams) bool {
	return streams.CanPrompt && !o.NoWizard && (o.Wizard || o.Spec.Pool == "")
}

// New returns a wizard that asks for what opts does not set.
func New(streams console.Streams, opts BootstrapOptions) *wizard {
	w := &wizard{streams: streams, opts: opts, spec: opts.Spec, given: opts.Spec, quiet: opts.Accessible}
	w.asker = &prompt.Form{In: streams.In, Out: console.Raw(streams.Err)}
	if opts.Accessible {
		w.asker = prompt.NewLines(streams.In, streams.Err)
	}
	return w
}

// Run asks until there is a plan that the user wants, and returns it with the Spec.
func (w *wizard) Run(ctx context.Context) (*provision.Bootstrap, BootstrapOptions, error) {
	if err := w.checkGiven(); err != nil {
		return nil, w.opts, err
	}
	if err := w.begin(ctx); err != nil {
		return nil, w.opts, err
	}
	w.steps = slices.DeleteFunc(wizardSteps(), func(s step) bool { return s.given(w) })
	from, back := 0, false
	for {
		if err := w.askFrom(ctx, from, back); err != nil {
			return nil, w.opts, err
		}
		plan, err := w.plan(ctx)
		if err == nil {
			err = w.End(ctx, plan)
		} else if from, err = w.failed(ctx, len(w.steps), err); err == nil {
			back = from < len(w.steps)
			continue
		}
		if !errors.Is(err, prompt.ErrBack) {
			return plan, w.opts, err
		}
		from, back = w.lastAsked(len(w.steps)), true
	}
}

// checkGiven refuses what was given and is wrong, before anything is asked. What is missing is asked for.
func (w *wizard) checkGiven() error {
	given := w.given
	given.Pool = cmp.Or(given.Pool, guidePool)
	if given.FlowRuns.Capacity == spec.CapacityEC2 {
		given.FlowRuns.CapacityProvider = cmp.Or(given.FlowRuns.CapacityProvider, "asked-for")
	}
	return given.WithDefaults().Validate()
}

// askFrom asks from a step on, forth and back, until all are answered. Who went back to
// a question is asked it, whatever decides it now.
func (w *wizard) askFrom(ctx context.Context, i int, back bool) error {
	for i < len(w.steps) {
		w.answers = w.answers[:i]
		w.first = !w.hasAsked()
		if decided := w.steps[i].decided; decided != nil && !back {
			if shown, ok := decided(w); ok {
				w.answers = append(w.answers, answer{w.steps[i].title, shown, false})
				i++
				continue
			}
		}
		w.inStep = true
		shown, err := w.steps[i].ask(ctx, w)
		w.inStep = false
		back = errors.Is(err, prompt.ErrBack)
		switch {
		case back:
			i = w.lastAsked(i)
		case err != nil:
			at := i
			if i, err = w.failed(ctx, at, err); err != nil {
				return err
			}
			back = i < at
		default:
			w.answers = append(w.answers, answer{w.steps[i].title, shown, true})
			i++
		}
	}
	return nil
}

// lastAsked is the last step before i that was a question, else i itself.
func (w *wizard) lastAsked(i int) int {
	for j := i - 1; j >= 0; j-- {
		if w.answers[j].asked {
			return j
		}
	}
	return i
}

// hasAsked reports whether there is a question to go back to.
func (w *wizard) hasAsked() bool {
	return slices.ContainsFunc(w.answers, func(a answer) bool { return a.asked })
}

// ask asks with the answers so far in sight.
func (w *wizard) ask(ctx context.Context, q prompt.Question) (string, error) {
	values, err := w.askMany(ctx, q)
	if err != nil || len(values) == 0 {
		return "", err
	}
	return values[0], nil
}

func (w *wizard) askMany(ctx context.Context, q prompt.Question) ([]string, error) {
	q = w.mark(q)
	q.Above, q.First = w.summary(), w.first
	return w.asker.Ask(ctx, q)
}

func (w *wizard) summary() []string {
	var lines []string
	for _, a := range w.answers {
		if a.shown == "" {
			continue
		}
		lines = append(lines, fmt.Sprintf("%-15s %s", a.title, a.shown))
	}
	return lines
}

// choice is a question whose answer may be one that is not in the list.
type choice struct {
	prompt.Question
	// Other is asked for what is not in the list, when otherValue is chosen.
	Other prompt.Question
}

const otherValue = "\x00other"

// choose asks a choice. Back from the text leads to the list.
func (w *wizard) choose(ctx context.Context, c choice) (string, error) {
	for {
		value, err := w.ask(ctx, c.Question)
		if err != nil || value != otherValue {
			return value, err
		}
		value, err = w.within(func() (string, error) { return w.ask(ctx, c.Other) })
		if !errors.Is(err, prompt.ErrBack) {
			return value, err
		}
	}
}

// within asks something that has a question before it in the same step.
func (w *wizard) within(ask func() (string, error)) (string, error) {
	first := w.first
	w.first = false
	defer func() { w.first = first }()
	return ask()
}

// look runs a listing and says on the terminal that it is being waited for.
func look[T any](ctx context.Context, w *wizard, what string, list func(context.Context) (T, error)) (T, error) {
	if !w.quiet {
		defer console.LookingUp(ctx, w.streams, "looking up "+what)()
	}
	return list(ctx)
}

// denied tells the user of a listing that was refused; the question is then for the
// name or id itself.
func denied(what string) string {
	return "AWS does not let you list " + what + " (access denied). "
}
