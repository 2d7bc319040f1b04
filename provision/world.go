package provision

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"ecsctl/image"
	"ecsctl/internal/hint"
	"ecsctl/internal/pause"
	"ecsctl/prefect"
	"ecsctl/provision/spec"
)

// world is what the resources of one run share: the Spec, the far ends, and the
// ARNs and ids that steps hand on to later ones.
type world struct {
	spec    spec.Spec
	binary  *image.Binary // of the worker's image; nil when none is made
	version string        // ecsctl's own
	id      Identity
	aws     *Clients
	server  Server
	log     *slog.Logger
	network *networkFinder
	poll    time.Duration // between two looks at something that is waited for
	// secretsUnread and recalled are those of Options.
	secretsUnread, recalled bool
	// remembered is the marker of the pool that is looked at again.
	remembered poolMarker
	onServer   bool // there is such a pool
	// flowPolicy is the policy document of the flow runs\' task role; "" leaves what it has.
	flowPolicy string

	// flowRole is the task role of flow runs in a plan that makes one.
	flowRole *role

	// pool is the work pool of the plan; nil where nobody asks Prefect.
	pool *workPool
	// ahead is the pool as it was read before the plan; find takes it.
	ahead *prefect.WorkPool

	// host is the worker of another pool that serves this one; nil where the pool has one of its own.
	host *host
	// serves are the pools that the worker of this one serves beside it.
	serves []servedPool

	mu    sync.Mutex
	known map[Kind]string
}

// Server is what is known of the Prefect server.
type Server struct {
	APIURL string
	// Version is such as 3.8.8; Cloud has none.
	Version string
	Cloud   bool
	// APIKey and AuthString are what the worker authenticates with; either may be empty.
	APIKey, AuthString prefect.Secret
}

// String names the server in a plan.
func (s Server) String() string {
	if s.Cloud {
		return "Prefect Cloud"
	}
	return "Prefect " + s.Version + " at " + s.APIURL
}

// prefect2 reports whether the server speaks to Prefect 2 workers only.
func (s Server) prefect2() bool { return !s.Cloud && len(s.Version) > 1 && s.Version[:2] == "2." }

// poolJob is what flow runs of the pool use by themselves, as far as it is known.
func (w *world) poolJob() *poolJob {
	if w.pool == nil {
		return nil
	}
	return w.pool.job
}

// value is the ARN or id of a kind, or pending when a step must make it first.
func (w *world) value(kind Kind) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if v := w.known[kind]; v != "" {
		return v
	}
	return pending
}

func (w *world) setValue(kind Kind, v string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known[kind] = v
}

// pause waits between two looks; it ends early with ctx.
func (w *world) pause(ctx context.Context) error { return pause.For(ctx, w.poll) }

// until looks again and again, until nothing is waited for. At the end of ctx the error says what was, as the last
// whole look saw it: a look that the end cuts short tells only of the cut.
func (w *world) until(ctx context.Context, look func() (waiting, err error)) error {
	var last error
	for {
		waiting, err := look()
		if last != nil && ctx.Err() != nil && (waiting != nil || err != nil) {
			return hint.Add(explainAs(last.Error(), ctx.Err()), hint.Of(last)...)
		}
		if waiting == nil || err != nil {
			return err
		}
		last = waiting
		_ = w.pause(ctx) // the next look sees that the time is up
	}
}

// chosenNames are the names of the Spec when any is other than derived, else nil.
func (w *world) chosenNames() *spec.Names {
	if w.spec.Names == spec.DeriveNames(w.spec.Pool, w.spec.Region) {
		return nil
	}
	names := w.spec.Names
	return &names
}
