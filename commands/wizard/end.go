package wizard

import (
	"context"
	"errors"
	"fmt"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/commands/wizard/prompt"
	"ecsctl/provision"
)

// plan makes the plan of the answers.
func (w *wizard) plan(ctx context.Context) (*provision.Bootstrap, error) {
	w.opts.Spec = w.spec
	options := w.connection
	options.Spec, options.Binary = w.specWithDefaults(), w.binary
	if err := options.Spec.Validate(); err != nil {
		return nil, err
	}
	return look(ctx, w, "everything that is there already", func(ctx context.Context) (*provision.Bootstrap, error) {
		return w.opts.Plan(ctx, options)
	})
}

// Plan makes the plan of a Spec, and refuses one whose worker would be waited for in vain.
func (o BootstrapOptions) Plan(ctx context.Context, options provision.Options) (*provision.Bootstrap, error) {
	plan, err := provision.NewBootstrap(ctx, options)
	if err == nil && !o.NoWait && !o.DryRun {
		err = plan.CheckReach()
	}
	return plan, err
}

// What can be done at the end.
const (
	doIt       = "do"
	doAndSave  = "do-and-save"
	saveOnly   = "save"
	backToLast = "back"
	stop       = "stop"
)

// End shows answers, plan and the command that does the same, and asks what is to be
// done. nil means to go ahead; prompt.ErrBack, to ask again.
func (w *wizard) End(ctx context.Context, plan *provision.Bootstrap) error {
	for _, line := range w.summary() {
		console.Printf(w.streams.Err, "%s\n", line)
	}
	w.opts.PlanShown = !w.opts.DryRun
	cost := plan.Cost()
	if w.opts.PlanShown {
		console.Printf(w.streams.Err, "\n")
		console.NewPlanPrinter(ctx, w.streams.Err, w.opts.Verbose).Print(
			console.BootstrapHeading(w.spec.Pool, plan), plan.Changes, &cost, plan.Warnings)
	}
	console.Printf(w.streams.Err, "\nThe same without questions, for CI:\n\n  %s\n\n", inputs.CommandLine(w.spec))
	if w.typed {
		console.Printf(w.streams.Err,
			"It takes the key that you typed from PREFECT_API_KEY (an auth string from PREFECT_API_AUTH_STRING).\n\n")
	}
	if w.opts.DryRun || w.opts.Yes {
		return nil
	}
	said := w.answers
	w.first, w.answers = !w.hasAsked(), nil
	defer func() { w.answers = said }()
	value, err := w.ask(ctx, w.lastQuestion(plan))
	if err != nil {
		return err
	}
	switch value {
	case backToLast:
		return prompt.ErrBack
	case stop:
		return console.ErrDeclined
	case doAndSave, saveOnly:
		if err := w.save(ctx); err != nil {
			return err
		}
	}
	if value == saveOnly {
		return ErrSavedOnly
	}
	w.opts.Yes = true // this was the confirmation
	return nil
}

// ErrSavedOnly ends a wizard whose answers were only saved: all is well.
var ErrSavedOnly = errors.New("the settings were saved")

// lastQuestion is the confirmation. Enter alone confirms no change: keys that were typed
// ahead of the plan must not.
func (w *wizard) lastQuestion(plan *provision.Bootstrap) prompt.Question {
	do, enter := "Make these changes", stop
	if !plan.HasChanges() {
		do, enter = "Nothing is to be changed: see whether the worker is online", doIt
	}
	file := w.opts.configPath()
	q := prompt.Question{
		Title:   fmt.Sprintf("Make these changes in account %s, region %s?", w.account(), plan.Identity.Region),
		Default: []string{enter},
		Options: []prompt.Option{
			{Label: "Stop: change nothing", Value: stop},
			{Label: do, Value: doIt},
			{Label: "Save the answers in " + file + ", then do it", Value: doAndSave},
			{Label: "Save the answers in " + file + " and stop", Value: saveOnly},
		},
	}
	if !w.first {
		q.Options = append(q.Options, prompt.Option{Label: "Go back to the questions", Value: backToLast})
	}
	return q
}

// save writes the answers. A file that is there is overwritten only when the user says so.
func (w *wizard) save(ctx context.Context) error {
	path := w.opts.configPath()
	err := inputs.SaveSpec(path, w.spec, false)
	if errors.Is(err, inputs.ErrFileExists) {
		value, askErr := w.ask(ctx, prompt.Question{
			Title: path + " exists already.", Default: []string{"no"},
			Options: []prompt.Option{{Label: "Leave it as it is", Value: "no"}, {Label: "Overwrite it", Value: "yes"}},
		})
		if askErr != nil || value == "no" {
			return askErr
		}
		err = inputs.SaveSpec(path, w.spec, true)
	}
	if err == nil {
		w.opts.Saved = true
		console.Printf(w.streams.Err, "saved the settings in %s\n", path)
	}
	return err
}
