package commands

import (
	"encoding/json"
	"fmt"
	"io"

	"ecsctl/provision"
)

// result is what --output json prints: one object, also when something failed.
type result struct {
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

// print writes the object; lists that are empty are [] rather than null.
func (r result) print(w io.Writer, err error) error {
	if err != nil {
		r.Error = err.Error()
	}
	r.Changes, r.Warnings, r.Applied = orEmpty(r.Changes), orEmpty(r.Warnings), orEmpty(r.Applied)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("failed to write the result: %w", err)
	}
	return nil
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
