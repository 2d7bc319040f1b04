package chaos_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/prefect"
	"ecsctl/sandbox/fault"
)

const (
	chaosRate    = 0.2
	chaosWorkers = 3
	look         = 2 * time.Second // counts what is unfinished
	// slowestAnswer is in earnest, as all times that go through scaled.
	slowestAnswer = 5 * time.Second
)

// chaosFaults make a fifth of all calls fail, and another fifth late.
func chaosFaults(seed uint64) []fault.Fault {
	var faults []fault.Fault
	for _, service := range []string{"*", fault.PrefectService} {
		faults = append(faults,
			fault.Fault{Service: service, Operation: "*", Kind: fault.Chaos, Rate: chaosRate, Seed: seed},
			fault.Fault{Service: service, Operation: "*", Kind: fault.Latency, Rate: chaosRate, Seed: seed + 1<<32,
				LatencyTo: scaled(slowestAnswer), Latency: time.Millisecond})
	}
	return faults
}

// With three workers that are killed and restarted at random, while a fifth of all calls
// of AWS and Prefect fails, every flow run ends in the state that it ought to, and was
// executed once, as counted by the processes that executed it.
func TestEveryRunIsExecutedOnce(t *testing.T) {
	for i := range *seeds {
		seed := *firstSeed + uint64(i)
		t.Run(fmt.Sprintf("seed=%d,%s", seed, settingOf(seed).name), func(t *testing.T) {
			t.Parallel()
			runChaos(t, seed)
		})
	}
}

func runChaos(t *testing.T, seed uint64) {
	s := settingOf(seed)
	w := newWorld(t, s.api...)
	ways := []string{completes, fails, crashes}
	for i, behave := range ways {
		d := w.deployment(behave, behave)
		for n := i; n < *runs; n += len(ways) {
			w.run(d, behave)
		}
	}
	args := []string{"--rate", fmt.Sprintf("RunTask=%d/s", max(20, 5*(*scale)))}
	if s.observed {
		args = append(args, w.observe()...)
	}
	for _, f := range chaosFaults(seed) {
		w.server.AddFault(f)
	}
	began := time.Now()
	ws := w.start(chaosWorkers, args...)
	over := make(chan struct{})
	var havoc sync.WaitGroup
	havoc.Go(func() { ws.havoc(t, rand.New(rand.NewPCG(seed, 0)), over) })
	limit := 3*time.Minute + time.Duration(len(w.ids))*time.Second/2 + scaled(time.Hour)
	ended := within(t.Context(), limit, look, func() bool {
		return must(w.api.CountFlowRuns(t.Context(), prefect.FlowRunFilter{StateTypes: prefect.Unfinished}))(t) == 0
	})
	close(over)
	havoc.Wait()
	took := time.Since(began)
	if !ended {
		w.tellUnfinished()
	}
	w.server.ClearFaults()
	// What is launched too late shows itself now.
	if !within(t.Context(), time.Minute, look, func() bool { return len(w.tasks(types.DesiredStatusRunning)) == 0 }) {
		t.Error("tasks run although every flow run has ended")
	}
	ws.stop()
	w.checkChaos()
	if s.observed {
		w.checkHeard()
	}
	t.Logf("seed %d: %d runs, %d tasks, %d kills, %d calls of AWS, %s", seed, len(w.ids),
		len(w.tasks(types.DesiredStatusStopped)), ws.kills, len(w.server.Calls()), took.Round(time.Second))
}

func (w *world) tellUnfinished() {
	for _, run := range w.in(prefect.Unfinished...) {
		w.t.Errorf("run %s is still %s since %s: %s", run.ID, run.StateName, run.State.Timestamp.Format(time.TimeOnly),
			run.State.Message)
	}
}

// checkChaos looks at every run: once executed, and ended as it ought to.
func (w *world) checkChaos() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	byID := map[string]prefect.FlowRun{}
	for _, run := range w.in() {
		byID[run.ID] = run
	}
	for id, behave := range w.ids {
		run := byID[id]
		if n := w.executed[id]; n != 1 {
			w.t.Errorf("run %s was executed %d times; it is %s: %s%s", id, n, run.StateName, run.State.Message,
				w.story(id))
		}
		if run.StateType != outcomes[behave] {
			w.t.Errorf("run %s %s and is %s: %s%s", id, behave, run.StateName, run.State.Message, w.story(id))
		}
		delete(w.executed, id)
	}
	if len(w.executed) > 0 {
		w.t.Errorf("executed, but no flow run: %v", w.executed)
	}
}

// story is the history of a run.
func (w *world) story(id string) string {
	text := ""
	for _, s := range must(w.api.FlowRunStates(w.t.Context(), id))(w.t) {
		text += fmt.Sprintf("\n  %s %s (%s) by %s: %s", s.Timestamp.Format("15:04:05.000"), s.Name, s.ID,
			s.Details.TransitionID, s.Message)
	}
	return text
}
