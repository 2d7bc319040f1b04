package channel_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"ecsctl/internal/pipenet"
	"ecsctl/prefect"
	"ecsctl/prefect/channel"
	"ecsctl/sandbox/prefectapi"
)

// cleaner is a worker's handler that notes what it was asked to do.
type cleaner struct {
	mu     sync.Mutex
	seen   []channel.Message
	lost   int // contexts that ended while it was at work
	answer func(ctx context.Context, n int) channel.Reason
}

func (c *cleaner) handle(ctx context.Context, m channel.Message) channel.Reason {
	c.mu.Lock()
	c.seen = append(c.seen, m)
	n := len(c.seen)
	c.mu.Unlock()
	reason := channel.Done
	if c.answer != nil {
		reason = c.answer(ctx, n)
	}
	if ctx.Err() != nil {
		c.mu.Lock()
		c.lost++
		c.mu.Unlock()
	}
	return reason
}

func (c *cleaner) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.seen)
}

func (c *cleaner) options(o *channel.Options) {
	o.Handle, o.Kinds, o.Concurrency = c.handle, []channel.Kind{channel.CancellingTimeout}, 2
}

// taking is an answer that takes a while.
func taking(d time.Duration) func(context.Context, int) channel.Reason {
	return func(ctx context.Context, _ int) channel.Reason {
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
		return channel.Done
	}
}

// cleanupWorld has servers that are quick to send cleanups, and to take them back.
func cleanupWorld(t *testing.T, network *pipenet.Network) *world {
	return newWorld(t, network, prefect.Options{}, prefectapi.WithCancellingTimeout(100*time.Millisecond),
		prefectapi.WithCleanupLease(time.Second))
}

// cancelled is a run that has been Cancelling for too long.
func (w *world) cancelled() string {
	w.t.Helper()
	ctx := w.t.Context()
	flow := must(w.api.CreateFlow(ctx, "flow"))(w.t)
	d := must(w.api.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: "d", FlowID: flow.ID, WorkPoolName: pool,
	}))(w.t)
	run := must(w.api.CreateFlowRun(ctx, d.ID, prefect.FlowRunCreate{}))(w.t)
	pid := "cluster::task"
	if err := w.api.UpdateFlowRun(ctx, run.ID, prefect.FlowRunUpdate{InfrastructurePID: &pid}); err != nil {
		w.t.Fatal(err)
	}
	for _, state := range []prefect.StateType{prefect.Pending, prefect.Running, prefect.Cancelling} {
		must(w.api.SetFlowRunState(ctx, run.ID, prefect.StateProposal{Type: state}))(w.t)
	}
	w.eventually("the timeout", func() bool {
		return must(w.api.ReadFlowRun(ctx, run.ID))(w.t).StateType == prefect.Cancelled
	})
	return run.ID
}

// settled waits for some leases, and expects the count to stay.
func (w *world) settled(c *cleaner, want int) {
	w.t.Helper()
	w.eventually("the cleanups", func() bool { return c.count() >= want })
	w.rest(2500 * time.Millisecond)
	if got := c.count(); got != want {
		w.t.Errorf("it was asked %d times, want %d", got, want)
	}
}

func TestACleanupIsActedUponOnce(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, network *pipenet.Network) {
		w := cleanupWorld(t, network)
		c := &cleaner{}
		w.run(c.options)
		id := w.cancelled()
		w.settled(c, 1)
		if m := c.seen[0]; m.Target != (channel.Target{FlowRunID: id, InfrastructurePID: "cluster::task"}) ||
			m.Kind != channel.CancellingTimeout || m.DeliveryCount != 1 {
			t.Errorf("got %+v", m)
		}
	})
}

// Acting takes longer than the lease: it is renewed, and the message stays with the worker.
func TestTheLeaseIsRenewed(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, network *pipenet.Network) {
		w := cleanupWorld(t, network)
		c := &cleaner{answer: taking(3 * time.Second)}
		w.run(c.options)
		w.cancelled()
		w.settled(c, 1)
		w.eventually("the end", func() bool { return c.lost == 0 })
	})
}

func TestAReleasedMessageComesAgain(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, network *pipenet.Network) {
		w := cleanupWorld(t, network)
		c := &cleaner{answer: func(context.Context, int) channel.Reason { return channel.HandlerFailed }}
		w.run(c.options)
		w.cancelled()
		w.settled(c, 3) // then the server gives it up
		if last := c.seen[2]; last.DeliveryCount != 3 {
			t.Errorf("the last delivery was the %dth", last.DeliveryCount)
		}
	})
}

// Cleanups beyond what a worker takes at once wait at the server.
func TestCleanupsWaitForTheirPlace(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, network *pipenet.Network) {
		w := cleanupWorld(t, network)
		c := &cleaner{answer: taking(time.Second)}
		w.run(c.options)
		ids := []string{w.cancelled(), w.cancelled(), w.cancelled(), w.cancelled()}
		w.settled(c, len(ids))
		for _, m := range c.seen {
			if m.DeliveryCount != 1 || !slices.Contains(ids, m.Target.FlowRunID) {
				t.Errorf("got %+v", m)
			}
		}
	})
}

// A worker that ends while it acts leaves the message to the next one.
func TestAWorkerThatIsGoneLeavesItToTheNext(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, network *pipenet.Network) {
		w := cleanupWorld(t, network)
		first := &cleaner{answer: taking(time.Minute)}
		_, stop := w.run(first.options)
		w.cancelled()
		w.eventually("the first worker to act", func() bool { return first.count() == 1 })
		stop()
		if first.lost != 1 {
			t.Error("the handler was not told to end")
		}
		second := &cleaner{}
		w.run(func(o *channel.Options) { second.options(o); o.Worker = "w2" })
		w.settled(second, 1)
		if got := second.seen[0].DeliveryCount; got != 2 {
			t.Errorf("it was the %dth delivery", got)
		}
	})
}

// The connection breaks while the worker acts: it acknowledges by the next one.
func TestAnAcknowledgementOutlivesItsConnection(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, network *pipenet.Network) {
		w := newWorld(t, network, prefect.Options{}, prefectapi.WithCancellingTimeout(100*time.Millisecond),
			prefectapi.WithCleanupLease(6*time.Second))
		act := make(chan struct{})
		c := &cleaner{answer: func(context.Context, int) channel.Reason { <-act; return channel.Done }}
		open, _ := w.run(c.options)
		w.cancelled()
		w.eventually("the worker to act", func() bool { return c.count() == 1 })
		w.server.CloseChannels()
		w.eventually("the loss", func() bool { return !open.Open() })
		close(act)
		w.eventually("the next connection", open.Open)
		w.rest(7 * time.Second) // longer than the lease: it would come again
		if n := c.count(); n != 1 || c.lost != 0 {
			t.Errorf("it was asked %d times and lost %d messages", n, c.lost)
		}
	})
}

// The server cannot be reached for longer than the lease: the message is no longer this
// worker's, and it stops to act on it. It gets it again.
func TestALeaseThatCannotBeRenewedIsLost(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, network *pipenet.Network) {
		w := cleanupWorld(t, network)
		c := &cleaner{}
		c.answer = func(ctx context.Context, n int) channel.Reason {
			if n == 1 {
				<-ctx.Done()
			}
			return channel.Done
		}
		open, _ := w.run(c.options)
		w.cancelled()
		w.eventually("the worker to act", func() bool { return c.count() == 1 })
		away := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(http.StatusServiceUnavailable)
		})
		w.front.Store(&away)
		w.server.CloseChannels()
		w.eventually("the loss of the lease", func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.lost == 1
		})
		w.front.Store(nil)
		w.eventually("the next connection", open.Open)
		w.settled(c, 2)
	})
}
