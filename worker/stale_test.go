package worker

import (
	"testing"
	"testing/synctest"
	"time"

	"ecsctl/internal/pause"
)

func TestAnAnswerOlderThanARefusalIsStale(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p passedRuns
		before := time.Now()
		wait(t, time.Second)
		p.note("run")
		wait(t, time.Second)
		if !p.since("run", before) || p.since("run", time.Now()) || p.since("other", before) {
			t.Error("only the answer of a poll that began before is stale")
		}
		wait(t, 2*pollTimeout)
		p.note("other")
		if p.since("run", before) {
			t.Error("what no poll can still answer is kept")
		}
	})
}

func wait(t *testing.T, d time.Duration) {
	t.Helper()
	if err := pause.For(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}
