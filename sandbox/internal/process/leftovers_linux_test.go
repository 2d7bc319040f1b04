package process

import (
	"slices"
	"testing"
)

// Ids of processes are counted up, so that lower ones are not looked at, until they begin again.
func TestOlderProcessesAreNotLookedAt(t *testing.T) {
	t.Parallel()
	if slices.Contains(startedAfter(1, births()), 1) {
		t.Error("found the first process of the machine")
	}
	if !slices.Contains(startedAfter(1, births()-idsAbove(1)), 1) {
		t.Error("after the highest id, a lower one was not looked at")
	}
}
