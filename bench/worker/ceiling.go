//go:build e2e

package main

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"ecsctl/prefect"
)

// atOnce is how many launches ecsctl works on at the same moment.
const atOnce = 16

// ceiling makes the calls of Prefect that a launch cannot do without, and nothing else,
// and returns how many launches a second that would be: what the server can do.
func (r *rig) ceiling(ctx context.Context) (float64, error) {
	a, err := r.arena(ctx, "ceiling")
	if err != nil {
		return 0, err
	}
	defer a.close()
	names := []string{"", "Submitting"}
	if r.server.Venv != "prefect3" {
		names = names[:1]
	}
	group, calling := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	began := time.Now()
	for _, run := range a.runs {
		group.Go(func() error {
			for _, name := range names {
				if _, err := r.api.SetFlowRunState(calling, run.ID, prefect.StateProposal{Type: prefect.Pending, Name: name}); err != nil {
					return err
				}
			}
			pid := "default::bench"
			return r.api.UpdateFlowRun(calling, run.ID, prefect.FlowRunUpdate{InfrastructurePID: &pid})
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	return float64(len(a.runs)) / time.Since(began).Seconds(), nil
}
