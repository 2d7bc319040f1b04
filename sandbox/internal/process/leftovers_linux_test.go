package process

import (
	"os"
	"slices"
	"testing"
)

// Ids of processes are counted up, so that older ones are not looked at, until they begin again.
func TestOlderProcessesAreNotLookedAt(t *testing.T) {
	t.Parallel()
	const noID = 1 << 30
	if slices.Contains(startedAfter(os.Getpid()), os.Getppid()) {
		t.Error("found the process that started this one")
	}
	if !slices.Contains(startedAfter(noID), os.Getppid()) {
		t.Error("after the highest id, an older process was not looked at")
	}
}
