package worker

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"ecsctl/internal/pause"
	"ecsctl/worker/runlog"
)

// A slot that is free goes to the pool that has the fewest of those that want one.
func TestLimitOfAllPools(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimit(10, time.Minute)
		greedy, modest, capped := newTable(0), newTable(0), newTable(1)
		for _, table := range []*table{greedy, modest, capped} {
			l.share(table)
		}
		n := 0
		ask := func(table *table, want admission) string {
			t.Helper()
			n++
			id := fmt.Sprint("run-", n)
			if got := table.admit(runlog.Run{ID: id}, time.Now()); got != want {
				t.Errorf("%s: got %d, want %d", id, got, want)
			}
			return id
		}
		var greedys []string
		for range 10 {
			greedys = append(greedys, ask(greedy, admitted))
		}
		if !greedy.isFull() || !modest.isFull() || modest.mostRuns() != 10 || capped.mostRuns() != 1 {
			t.Error("the limit is not reached")
		}
		ask(greedy, allFull)
		ask(modest, allFull)
		greedy.leave(greedys[0])
		ask(greedy, allFull) // it has more than the one that waits
		ask(modest, admitted)
		greedy.leave(greedys[1])
		ask(greedy, admitted) // nobody else wants it
		ask(capped, allFull)
		greedy.leave(greedys[2])
		// The one that waited has not asked again.
		if err := pause.For(t.Context(), 2*time.Minute); err != nil {
			t.Fatal(err)
		}
		ask(greedy, admitted)
		greedy.leave(greedys[3])
		ask(capped, admitted)
		greedy.leave(greedys[4])
		ask(capped, full) // its own limit: it wants nothing more
		ask(greedy, admitted)
	})
}
