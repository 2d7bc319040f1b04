// Package hint carries advice next to an error: what to type or change next.
// The command line prints each hint on a line of its own below the error.
package hint

import (
	"errors"
	"slices"
)

type hinted struct {
	error
	hints []string
}

func (h *hinted) Unwrap() error { return h.error }

// Add returns err with hints for the reader. The text of the error stays the same.
func Add(err error, hints ...string) error {
	if err == nil || len(hints) == 0 {
		return err
	}
	// A pointer is comparable, so that a sentinel made here can be matched by errors.Is.
	return &hinted{err, hints}
}

// Also returns err with hints that come after those that it has: further ways out.
func Also(err error, hints ...string) error { return Add(err, append(Of(err), hints...)...) }

// Of returns the hints in err's tree, the outermost first, each once.
func Of(err error) []string {
	var out []string
	add := func(hints []string) {
		for _, h := range hints {
			if !slices.Contains(out, h) {
				out = append(out, h)
			}
		}
	}
	for err != nil {
		if h, ok := err.(*hinted); ok { //nolint:errorlint // each layer is looked at in turn
			add(h.hints)
		}
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, inner := range many.Unwrap() {
				add(Of(inner))
			}
			return out
		}
		err = errors.Unwrap(err)
	}
	return out
}
