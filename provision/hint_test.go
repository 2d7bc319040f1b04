package provision

import (
	"slices"
	"strings"
	"testing"

	"ecsctl/internal/hint"
)

// wantHint fails unless one of the error's hints says it.
func wantHint(t *testing.T, err error, part string) {
	t.Helper()
	hints := hint.Of(err)
	if !slices.ContainsFunc(hints, func(h string) bool { return strings.Contains(h, part) }) {
		t.Errorf("got hints %q, want one that says %q", hints, part)
	}
}
