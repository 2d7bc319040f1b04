package console

import (
	"encoding/json"
	"fmt"
	"io"

	"ecsctl/provision"
)

// Result is what --output json prints: one object, also when something failed.
type Result struct {
	Command string `json:"command"`
	DryRun  bool   `json:"dryRun"`
	provision.Identity
	Pool     string                  `json:"pool"`
	Changes  []provision.Change      `json:"changes"`
	Warnings []string                `json:"warnings"`
	Applied  []provision.Applied     `json:"applied"`
	Worker   *provision.WorkerStatus `json:"worker,omitempty"`
	Left     []provision.Change      `json:"left,omitempty"`
	Error    string                  `json:"error,omitempty"`
}

// Print writes the object; lists that are empty are [] rather than null.
func (r Result) Print(w io.Writer, err error) error {
	if err != nil {
		r.Error = err.Error()
	}
	r.Changes, r.Warnings, r.Applied = OrEmpty(r.Changes), OrEmpty(r.Warnings), OrEmpty(r.Applied)
	encoder := json.NewEncoder(Exact(w))
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("failed to write the result: %w", err)
	}
	return nil
}

// OrEmpty returns list, or an empty one for nil: JSON then has [] and not null.
func OrEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
