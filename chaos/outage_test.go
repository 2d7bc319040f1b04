package chaos_test

import (
	"flag"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/pause"
	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// The outage, and how soon after it all must be right again.
const (
	outage   = 10 * time.Minute
	recovers = time.Minute
)

var outageTasks = flag.Int("outage-tasks", 100, "tasks that run when Prefect or AWS goes away")

// Prefect, or AWS, is away for ten minutes (of simulated time, all of the worker's times
// at their defaults) while many tasks run. Nothing is lost, and a minute after its return
// all states are right.
func TestAnOutageOfTenMinutes(t *testing.T) {
	for name, service := range map[string]string{"Prefect": fault.PrefectService, "AWS": "*"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { outageOf(t, service) })
		})
	}
}

func outageOf(t *testing.T, service string) {
	w := newPlayed(t, sandbox.Options{})
	during := outage / 2
	done := w.runs("done", *outageTasks*3/10, life{during, completes})
	failed := w.runs("failed", *outageTasks/5, life{during, fails})
	crashed := w.runs("crashed", *outageTasks*3/10, life{during, crashes})
	going := w.runs("going", *outageTasks/5, life{outage + during + recovers, completes})
	all := slices.Concat(done, failed, crashed, going)
	stop := w.start(nil)
	defer stop()
	if !within(t.Context(), during, 5*time.Second, func() bool { return w.census().all(all, prefect.Running) }) {
		t.Fatalf("not all runs run: %v", w.census().of(all))
	}
	late := w.runs("late", 20, life{time.Second, completes}) // are due when it is away
	w.server.AddFault(fault.Fault{Service: service, Operation: "*", Kind: fault.DropBefore, Times: -1})
	if err := pause.For(t.Context(), outage); err != nil {
		t.Fatal(err)
	}
	w.server.ClearFaults()
	back := time.Now()
	right := func() bool {
		now := w.census()
		return now.all(done, prefect.Completed) && now.all(failed, prefect.Failed) &&
			now.all(crashed, prefect.Crashed) &&
			now.all(going, prefect.Running) && now.all(late, prefect.Completed)
	}
	if !within(t.Context(), 10*recovers, time.Second, right) {
		now := w.census()
		t.Errorf("done %v, failed %v, crashed %v, going %v, late %v", now.of(done), now.of(failed), now.of(crashed),
			now.of(going), now.of(late))
	}
	took := time.Since(back)
	if took > recovers {
		t.Errorf("all states were right only %s after its return", took)
	}
	if err := pause.For(t.Context(), during+recovers); err != nil {
		t.Fatal(err)
	}
	if now := w.census(); !now.all(going, prefect.Completed) {
		t.Errorf("of the runs that went on: %v", now.of(going))
	}
	if diff := cmp.Diff(map[int]int{1: len(all) + len(late)}, w.executions(append(all, late...))); diff != "" {
		t.Errorf("how often runs were executed (-want +got):\n%s", diff)
	}
	t.Logf("%d tasks, away for %s: all states right %s after its return", len(all), outage, took.Round(time.Second))
}
