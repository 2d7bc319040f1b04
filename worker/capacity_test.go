package worker_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/prefect"
	"ecsctl/sandbox/fault"
	"ecsctl/worker"
)

func (w *world) noCapacity(times int) {
	w.server.AddFault(fault.Fault{
		Service: "ecs", Operation: "RunTask", Kind: fault.Capacity, Reason: fault.NoCapacity, Times: times,
	})
}

// A run that finds no capacity waits on the server, which says what for, and is
// launched when there is some.
func TestCapacityIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.8.8", "2.20.26"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{version: version})
			id := w.runs(w.deployment(nil), 1)[0]
			w.noCapacity(2)
			w.start(nil)
			message := ""
			eventually(t, "the run to wait", func() bool {
				// It may have gone on already: what it waited for stays in its states.
				for _, state := range must(w.api.FlowRunStates(t.Context(), id))(t) {
					if state.Name == "AwaitingCapacity" && state.Type == prefect.Scheduled {
						message = state.Message
					}
				}
				return message != ""
			})
			if !strings.Contains(message, "Waiting for capacity in ECS") ||
				!strings.Contains(message, "Capacity is unavailable at this time") {
				t.Errorf("the run waits, and says %q", message)
			}
			w.await(id, prefect.Completed)
			if n := count(w.history(id), "AwaitingCapacity"); n != 2 {
				t.Errorf("the run has waited %d times: %q", n, w.history(id))
			}
			if got := len(w.tasks()); got != 1 {
				t.Errorf("the run has %d tasks", got)
			}
		})
	}
}

func count(names []string, wanted string) int {
	return len(slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name != wanted }))
}

// Waiting for capacity ends, and then the run says why it was not launched.
func TestCapacityIsNotWaitedForForEver(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, o worldOptions) {
		const limit = 5 * time.Minute
		w := newWorld(t, o)
		id := w.runs(w.deployment(nil), 1)[0]
		w.noCapacity(-1)
		began := time.Now()
		w.start(func(o *worker.Options) {
			o.QueryInterval, o.SweepInterval, o.CancelInterval, o.CapacityWait = 10*time.Second, time.Minute,
				time.Minute, limit
		})
		run := w.awaitIn(2*limit, id, prefect.Crashed)
		if want := "Capacity is unavailable at this time"; !strings.Contains(run.State.Message, want) {
			t.Errorf("got %q", run.State.Message)
		}
		if waited := time.Since(began); waited < limit/2 {
			t.Errorf("the run has waited for %s", waited)
		}
		if n := count(w.history(id), "AwaitingCapacity"); n < 2 {
			t.Errorf("the run has waited %d times only", n)
		}
	})
}

// While some runs wait for capacity the others are launched, whatever places there are.
func TestWaitingForCapacityHoldsNoPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	d := w.deployment(nil)
	w.runs(d, 3)
	w.noCapacity(3)
	w.start(func(o *worker.Options) { o.Concurrency, o.QueryInterval, o.Limit = 1, 2*time.Second, 1 })
	eventually(t, "three runs to wait", func() bool {
		waiting := must(w.api.FilterFlowRuns(t.Context(),
			prefect.FlowRunFilter{StateNames: []string{"AwaitingCapacity"}}))(t)
		return len(waiting) >= 2
	})
	w.await(w.runs(d, 1)[0], prefect.Completed)
}

func spotJob(more map[string]any) map[string]any {
	out := map[string]any{"capacity_provider_strategy": []any{map[string]any{
		"capacityProvider": "FARGATE_SPOT", "weight": 1,
	}}}
	for name, value := range more {
		out[name] = value
	}
	return out
}

func (w *world) withSpot() *world {
	w.t.Helper()
	must(w.ecs.PutClusterCapacityProviders(w.t.Context(), &ecs.PutClusterCapacityProvidersInput{
		Cluster: aws.String("default"), CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"},
		DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{},
	}))(w.t)
	return w
}

func TestSpotFallsBackToOnDemand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{}).withSpot()
	id := w.runs(w.deployment(spotJob(nil)), 1)[0]
	w.noCapacity(1)
	w.start(func(o *worker.Options) { o.SpotFallback = true })
	w.await(id, prefect.Completed)
	tasks := w.tasks()
	if len(tasks) != 1 || aws.ToString(tasks[0].CapacityProviderName) != "FARGATE" {
		t.Errorf("got %d tasks, the first on %q", len(tasks), aws.ToString(tasks[0].CapacityProviderName))
	}
	if n := count(w.history(id), "AwaitingCapacity"); n != 0 {
		t.Errorf("the run has waited: %q", w.history(id))
	}
}

// A run whose task Spot has interrupted is launched anew as often as it may be, and
// Crashed after that.
func TestSpotInterruptionsAreRetried(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.8.8", "2.20.26"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{version: version}).withSpot()
			id := w.runs(w.deployment(spotJob(map[string]any{"env": map[string]any{"BEHAVE": "hang"}})), 1)[0]
			w.start(func(o *worker.Options) { o.InfrastructureRetries = 1 })
			for launch := range 2 {
				eventually(t, "a task that runs", func() bool {
					return len(w.tasks()) == launch+1 &&
						must(w.api.ReadFlowRun(t.Context(), id))(t).StateType == prefect.Running
				})
				w.server.AddFault(fault.Fault{Service: "ecs", Operation: fault.TaskOperation, Kind: fault.Spot})
			}
			run := w.await(id, prefect.Crashed)
			if !strings.Contains(run.State.Message, "SpotInterruption") {
				t.Errorf("got %q", run.State.Message)
			}
			if n := count(w.history(id), "AwaitingRetry"); n != 1 {
				t.Errorf("the run was launched anew %d times: %q", n, w.history(id))
			}
		})
	}
}

// So is one that waits to retry in its process, which no worker would be given.
func TestARunThatRetriesInItsProcessIsLaunchedAnew(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.8.8", "2.20.26"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{version: version}).withSpot()
			id := w.runs(w.deployment(spotJob(hangingJob())), 1)[0]
			w.start(func(o *worker.Options) { o.InfrastructureRetries = 1 })
			w.await(id, prefect.Running)
			w.retries(id)
			w.propose(id, prefect.StateProposal{Type: prefect.Failed})
			w.server.AddFault(fault.Fault{Service: "ecs", Operation: fault.TaskOperation, Kind: fault.Spot})
			eventually(t, "the next task to run", func() bool {
				return len(w.tasks()) == 2 && must(w.api.ReadFlowRun(t.Context(), id))(t).StateType == prefect.Running
			})
		})
	}
}
