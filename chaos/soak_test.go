package chaos_test

import (
	"flag"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/pause"
	"ecsctl/prefect"
	"ecsctl/sandbox"
)

// What `make chaos` turns up to 10,000 runs and an hour.
var (
	soakRuns = flag.Int("soak-runs", 200, "flow runs that are tracked")
	soakTime = flag.Duration("soak-time", 10*time.Minute, "simulated time for which they are")
)

// soakLooks is how often the memory is looked at while the worker polls.
const soakLooks = 6

// With many tracked runs the worker's memory stays as it is, and it leaves no goroutine.
// Sandbox and worker share the process, so that the figure is an upper limit.
func TestSoak(t *testing.T) {
	synctest.Test(t, soak)
}

func soak(t *testing.T) {
	w := newPlayed(t, sandbox.Options{})
	launch := time.Duration(*soakRuns/20)*time.Second + time.Minute
	ids := w.runs("long", *soakRuns, life{2*launch + *soakTime, completes})
	w.settled()
	before, _ := goroutines()
	stop := w.start(nil)
	if !within(t.Context(), 2*launch, launch/8, func() bool { return w.census().all(ids, prefect.Running) }) {
		t.Fatalf("not all runs run: %v", w.census().of(ids))
	}
	var memory []float64
	for range soakLooks {
		if err := pause.For(t.Context(), *soakTime/soakLooks); err != nil {
			t.Fatal(err)
		}
		w.server.ForgetCalls() // which the sandbox keeps for tests
		memory = append(memory, liveMB())
		t.Logf("%d runs tracked, %s of %s: %.1f MB of live heap in worker and sandbox together", *soakRuns,
			time.Duration(len(memory))**soakTime/soakLooks, *soakTime, memory[len(memory)-1])
	}
	// The first look has what is allocated once; garbage is gone from each of them.
	if first, last := memory[1], slices.Max(memory[2:]); last > 1.05*first+1 {
		t.Errorf("the memory grows: %.1f MB after a third of the time, later %.1f MB", first, last)
	}
	if !within(t.Context(), 3*launch, launch/8, func() bool { return w.census().all(ids, prefect.Completed) }) {
		t.Errorf("not all runs are Completed: %v", w.census().of(ids))
	}
	if diff := cmp.Diff(map[int]int{1: len(ids)}, w.executions(ids)); diff != "" {
		t.Errorf("how often runs were executed (-want +got):\n%s", diff)
	}
	stop()
	w.settled()
	if after, stacks := goroutines(); after > before {
		t.Errorf("%d goroutines before the worker, %d after it:\n%s", before, after, stacks)
	}
}

// settled waits until only what never ends is left: connections that are idle go.
func (w *played) settled() {
	w.hangUp()
	synctest.Wait()
}

// goroutines counts those that have a stack: runtime.NumGoroutine also counts some that have
// just ended.
func goroutines() (int, string) {
	stacks := make([]byte, 1<<20)
	text := string(stacks[:runtime.Stack(stacks, true)])
	return strings.Count("\n"+text, "\ngoroutine "), text
}

// liveMB is what is reachable on the heap.
func liveMB() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}
