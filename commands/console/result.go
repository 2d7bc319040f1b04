package console

import (
	"context"
	"io"

	"ecsctl/provision"
)

// Result is what --output json prints of what changes things: one object, also when something failed.
type Result struct {
	DryRun   bool                    `json:"dryRun"`
	Changes  []provision.Change      `json:"changes"`
	Cost     *provision.Cost         `json:"cost,omitempty"` // once the plan is carried out
	Warnings []string                `json:"warnings"`
	Applied  []provision.Applied     `json:"applied"`
	Worker   *provision.WorkerStatus `json:"worker,omitempty"`
	Left     []provision.Change      `json:"left,omitempty"`
}

// Print writes the object; lists that are empty are [] rather than null.
func (r Result) Print(ctx context.Context, w io.Writer, err error) error {
	r.Changes, r.Warnings, r.Applied = OrEmpty(r.Changes), OrEmpty(r.Warnings), OrEmpty(r.Applied)
	return PrintJSON(ctx, w, r, err)
}

// OrEmpty returns list, or an empty one for nil: JSON then has [] and not null.
func OrEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
