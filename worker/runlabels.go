package worker

import (
	"context"

	"ecsctl/prefect"
)

// labelsOfRun are what a worker writes on the runs that it launches.
func labelsOfRun(worker string, pool *prefect.WorkPool) map[string]string {
	return map[string]string{
		"prefect.worker.name": worker, "prefect.worker.type": Type, "prefect.work-pool.name": pool.Name, "prefect.work-pool.id": pool.ID,
	}
}

// label writes them, at the same time as the launch: no launch waits for it, or fails for it.
// The returned function waits until it is done.
func (s *submit) label(ctx context.Context, c candidate, known *snapshot) (wait func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if known.isPrefect2() {
			return
		}
		if err := s.report.api.LabelFlowRun(ctx, c.run.ID, labelsOfRun(s.heartbeat.opts.Name, known.pool)); err != nil {
			s.log.DebugContext(ctx, "failed to label the flow run", "id", c.run.ID, "error", err)
		}
	}()
	return func() { <-done }
}
