package wizard

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"ecsctl/commands/console"
	"ecsctl/commands/wizard/prompt"
	"ecsctl/internal/hint"
)

const again = "again"

// failed shows why there can be no plan of these answers, or why a question could not look up what there is to
// choose from, and asks what now: the answers stay. It returns the step to go on with. at is the step that has
// failed; len(w.steps) is the plan.
func (w *wizard) failed(ctx context.Context, at int, err error) (next int, _ error) {
	if ctx.Err() != nil || !w.hasAsked() || errors.Is(err, console.ErrAbandoned) ||
		errors.Is(err, prompt.ErrInputEnded) {
		return at, err
	}
	console.Report(w.streams, err)
	about := w.stepAbout(at, err)
	q := prompt.Question{
		Title: "These answers do not work together.", Default: []string{backToLast},
		Options: []prompt.Option{{Label: "Go back to the question: " + w.steps[about].title, Value: backToLast},
			{Label: "Try again", Value: again}, {Label: "Stop: change nothing", Value: stop}},
	}
	if at < len(w.steps) {
		q.Title = fmt.Sprintf("Cannot look up the choices for the question %q.", w.steps[at].title)
	}
	w.first = false
	value, askErr := w.ask(ctx, q)
	switch {
	case errors.Is(askErr, prompt.ErrBack):
		return about, nil
	case askErr != nil:
		return at, askErr
	case value == stop:
		return at, console.ErrDeclined
	case value == again:
		return at, nil
	}
	return about, nil
}

// stepAbout is the question before a step that an error is about: the one whose flag the error or its hints name
// first, else the last one.
func (w *wizard) stepAbout(at int, err error) int {
	text := strings.Join(append([]string{err.Error()}, hint.Of(err)...), "\n")
	found, first := w.lastAsked(at), len(text)
	for i := range w.answers {
		if !w.answers[i].asked {
			continue
		}
		for _, word := range aboutStep[w.steps[i].title] {
			if j := strings.Index(text, word); j >= 0 && j < first {
				found, first = i, j
			}
		}
	}
	return found
}

// aboutStep has the words by which an error names a question: its flags, as every error does.
var aboutStep = map[string][]string{
	"Region": {"--region"}, "Prefect": {"--prefect-api-url", "Prefect API"}, "Credentials": {"--prefect-api-key-file"},
	"Work pool": {"--pool"}, "Cluster": {"--cluster"}, "VPC": {"--vpc"}, "Subnets": {"--subnet"},
	"Security group": {"--security-group"}, "Runtime": {"--runtime"}, "Binary": {"--binary"},
	"Architecture": {"--architecture"}, "Size": {"--cpu", "--memory"}, "Workers": {"--desired-count"},
	"Logs": {"--log-retention"}, "Provider": {"--capacity-provider", "capacity provider"},
	"Capacity": {"--capacity"}, "Instances": {"--instance-"},
}
