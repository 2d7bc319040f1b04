package status

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"ecsctl/internal/english"
	"ecsctl/internal/shellword"
	"ecsctl/prefect"
)

// lateAfter is how long after its time a run counts as late
// (PREFECT_API_SERVICES_LATE_RUNS_AFTER_SECONDS).
const lateAfter = 15 * time.Second

// Worker is a worker of the pool, as Prefect knows it.
type Worker struct {
	Name          string    `json:"name"`
	Status        string    `json:"status"`
	Since         time.Time `json:"since"` // its first heartbeat
	LastHeartbeat time.Time `json:"lastHeartbeat"`
	// OfService: its name is that of the service's workers.
	OfService bool `json:"ofService"`
}

// WorkPool is the pool, as Prefect knows it.
type WorkPool struct {
	Status           string      `json:"status"`
	Paused           bool        `json:"paused"`
	ConcurrencyLimit *int        `json:"concurrencyLimit"`
	Queues           []WorkQueue `json:"queues"`
	Late             int         `json:"late"` // scheduled runs whose time has come
	Pending          int         `json:"pending"`
	Running          int         `json:"running"`
}

// WorkQueue is a queue of the pool.
type WorkQueue struct {
	Name             string `json:"name"`
	Paused           bool   `json:"paused"`
	Priority         int    `json:"priority"`
	ConcurrencyLimit *int   `json:"concurrencyLimit"`
}

// readPrefect reads the pool, its queues, its workers and the counts of its runs.
func (r *statusReader) readPrefect(ctx context.Context) {
	pool, err := r.opts.Clients.Prefect.ReadWorkPool(ctx, r.spec.Pool)
	if errors.Is(err, prefect.ErrNotFound) {
		r.addPoolGone()
		return
	}
	shown, workers := &WorkPool{}, []prefect.Worker(nil)
	if err == nil {
		shown.Status, shown.Paused, shown.ConcurrencyLimit = pool.Status, pool.IsPaused, pool.ConcurrencyLimit
		workers, err = r.readPool(ctx, shown)
	}
	var activity *Activity
	if err == nil && r.opts.Activity {
		activity, err = r.readActivity(ctx, r.spec.Pool)
	}
	if err != nil {
		r.add(prefectProblem(err, r.line))
		return
	}
	r.mu.Lock()
	r.out.WorkPool, r.out.Activity = shown, activity
	for _, w := range workers {
		r.out.Workers = append(r.out.Workers, Worker{w.Name, w.Status, w.Created.UTC(), w.LastHeartbeatTime.UTC(),
			strings.HasPrefix(w.Name, r.spec.Names.Service+"-")})
	}
	r.mu.Unlock()
	r.addPaused(shown)
}

// readPool reads what needs the pool to be there.
func (r *statusReader) readPool(ctx context.Context, shown *WorkPool) (workers []prefect.Worker, err error) {
	api, name := r.opts.Clients.Prefect, r.spec.Pool
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		queues, err := api.WorkQueues(ctx, name)
		for _, q := range queues {
			shown.Queues = append(shown.Queues, WorkQueue{q.Name, q.IsPaused, q.Priority, q.ConcurrencyLimit})
		}
		return err
	})
	group.Go(func() (err error) { workers, err = api.Workers(ctx, name); return err })
	for _, count := range []struct {
		into   *int
		filter prefect.FlowRunFilter
	}{
		// AwaitingRetry and the like are scheduled anew: their expected time is an old one.
		{&shown.Late, prefect.FlowRunFilter{
			StateNames: []string{"Scheduled", "Late"}, ExpectedBefore: r.now.Add(-lateAfter),
		}},
		{&shown.Pending, prefect.FlowRunFilter{StateTypes: []prefect.StateType{prefect.Pending}}},
		{&shown.Running, prefect.FlowRunFilter{StateTypes: []prefect.StateType{prefect.Running}}},
	} {
		count.filter.WorkPoolNames = []string{name}
		group.Go(func() (err error) { *count.into, err = api.CountFlowRuns(ctx, count.filter); return err })
	}
	return workers, group.Wait()
}

func (r *statusReader) addPoolGone() {
	r.add(Problem{Severity: Fail, About: AboutWorkPool, Cause: fmt.Sprintf("work pool %q does not exist in Prefect",
		r.spec.Pool), Fix: []string{r.line}})
}

func prefectProblem(err error, bootstrap string) Problem {
	p := problemOf(AboutPrefect, err)
	if IsRefusedKey(err) {
		p.Fix = []string{KeyFix(err, bootstrap)}
	}
	if len(p.Fix) == 0 {
		p.Fix = []string{"check PREFECT_API_URL and PREFECT_API_KEY, or the Prefect profile"}
	}
	return p
}

// IsRefusedKey reports whether the server takes our credentials for wrong.
func IsRefusedKey(err error) bool {
	var refused *prefect.APIError
	return errors.As(err, &refused) && refused.Status == http.StatusUnauthorized
}

// KeyFix is for credentials that are refused: the worker mostly has the same, and a
// bootstrap hands it the new ones.
func KeyFix(err error, bootstrap string) string { return FixOf(err) + ", then: " + bootstrap }

// isPrefectError reports whether the Prefect API refused a call or gave no answer.
func (r *statusReader) isPrefectError(err error) bool {
	var refused *prefect.APIError
	return errors.As(err, &refused) || errors.Is(err, prefect.ErrUnreachable)
}

// addPaused names what somebody has paused.
func (r *statusReader) addPaused(pool *WorkPool) {
	if pool.Paused {
		r.add(Problem{Severity: Fail, About: AboutWorkPool,
			Cause: fmt.Sprintf("work pool %q is paused: its flow runs wait", r.spec.Pool),
			Fix:   []string{"prefect work-pool resume " + shellword.Quote(r.spec.Pool)}})
	}
	for _, q := range pool.Queues {
		if q.Paused {
			r.add(Problem{Severity: Fail, About: AboutWorkQueue,
				Cause: fmt.Sprintf("work queue %q of pool %q is paused: its flow runs wait", q.Name, r.spec.Pool),
				Fix: []string{"prefect work-queue resume " + shellword.Quote(q.Name) + " --pool " +
					shellword.Quote(r.spec.Pool)}})
		}
	}
}

// lateProblems tell of runs that wait although nothing is wrong that would explain it.
func (r *statusReader) lateProblems() []Problem {
	pool := r.out.WorkPool
	if pool == nil || pool.Late == 0 {
		return nil
	}
	for _, p := range r.out.Problems {
		if p.Severity == Fail {
			return nil
		}
	}
	p := Problem{Severity: Warn, About: AboutLateRuns,
		Cause: english.Are(pool.Late, "flow run") + " late, and nothing else seems wrong",
		Fix: []string{"ecsctl logs --pool " + shellword.Quote(r.spec.Pool),
			"look for concurrency limits of queues, deployments and tags"}}
	if limit := pool.ConcurrencyLimit; limit != nil && pool.Running+pool.Pending >= *limit {
		p.Cause = fmt.Sprintf("%s late: the pool's concurrency limit of %d is reached",
			english.Are(pool.Late, "flow run"), *limit)
		p.Fix = []string{fmt.Sprintf("prefect work-pool set-concurrency-limit %s %d", shellword.Quote(r.spec.Pool),
			max(1, *limit*2))}
	}
	return []Problem{p}
}
