package wizard

import (
	"context"
	"reflect"
	"slices"

	"ecsctl/commands/wizard/prompt"
	"ecsctl/prefect"
	"ecsctl/provision"
)

const asItIsNow = "as it is now"

// takePool takes the name of a pool. What an earlier bootstrap set up for it becomes the answers that Enter
// takes, and all that nobody is asked for: a second run changes nothing by itself. What was recalled for
// another pool is forgotten.
func (w *wizard) takePool(ctx context.Context, name string, pools []prefect.WorkPool) error {
	i := slices.IndexFunc(pools, func(p prefect.WorkPool) bool { return p.Name == name })
	known := i >= 0 && provision.SetUpHere(&pools[i], w.identity)
	w.newPool = i < 0
	if name == w.spec.Pool && w.recalled == known {
		return nil // what was answered since stands
	}
	next := w.spec
	if known || w.recalled {
		next = w.given
		next.Region, next.Profile, next.Prefect = w.spec.Region, w.spec.Profile, w.spec.Prefect
	}
	next.Pool = name
	if known {
		options := w.connection
		options.Spec = next
		recalled, err := look(ctx, w, "what was set up for it", func(ctx context.Context) (provision.Recalled, error) {
			return provision.Recall(ctx, options)
		})
		if err != nil {
			return err
		}
		next = recalled.Spec
	}
	w.spec, w.was, w.recalled = next, next, known
	return nil
}

// mark says which option is what stands. Once another answer was given, it may not be the default any more.
func (w *wizard) mark(q prompt.Question) prompt.Question {
	if !w.inStep || !w.recalled || q.Many || !reflect.DeepEqual(w.spec, w.was) {
		return q
	}
	q.Options = slices.Clone(q.Options)
	for i, o := range q.Options {
		if slices.Contains(q.Default, o.Value) && o.Value != otherValue {
			q.Options[i].Label += "  (" + asItIsNow + ")"
		}
	}
	return q
}
