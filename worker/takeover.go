package worker

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"ecsctl/prefect"
	"ecsctl/worker/runlog"
)

// A run whose launch takes a worker's life (memory, a bug) is gone on with by the next one,
// whose life it takes as well. So each that goes on with a claim says so in the run's log
// in Prefect first, and a claim that several have not come back from is left alone.

// maxTakeovers is how many workers may be lost with one claim. Workers may die in a row for
// reasons that have nothing to do with the run: chaos has seen six. What keeps a poisoned job
// from taking a worker at all are the limits of package jobtemplate; this is behind them.
const maxTakeovers = 20

// takeoverLine is what a worker writes before it goes on with a claim.
func takeoverLine(claim string, by mark) string {
	return fmt.Sprintf("going on with the launch that a worker began which is gone (claim %s, worker %x)", claim, by)
}

// note writes that this worker goes on with a claim. It is written at once, and also where
// lines are otherwise not sent to Prefect: a worker that dies sends nothing later.
func (c *claim) note(ctx context.Context, log *slog.Logger, cand candidate) {
	line := prefect.Log{
		Name: runlog.RunLogger, Level: prefect.LevelInfo, FlowRunID: cand.run.ID, Timestamp: time.Now().UTC(),
		Message: takeoverLine(cand.claim, c.mark),
	}
	err := insist(ctx, log, "noting that the launch is gone on with", func(ctx context.Context) error {
		return c.api.CreateLogs(ctx, []prefect.Log{line})
	})
	if err != nil {
		log.WarnContext(ctx, "failed to note that the launch is gone on with", "error", err)
	}
}

// lost counts the workers that went on with a claim and are gone.
func (c *claim) lost(ctx context.Context, cand candidate, others []prefect.Worker) (int, error) {
	lines, err := c.api.LastFlowRunLogs(ctx, cand.run.ID)
	if err != nil {
		return 0, err
	}
	alive := func(line string) bool {
		return slices.ContainsFunc(others, func(w prefect.Worker) bool { return line == takeoverLine(cand.claim, markOf(w.Name)) })
	}
	n := 0
	for _, line := range lines {
		if strings.HasPrefix(line.Message, "going on with the launch") && strings.Contains(line.Message, cand.claim) && !alive(line.Message) {
			n++
		}
	}
	return n, nil
}

// giveUp ends a run whose claim has cost too many workers; false when it has not.
func (r *recovery) giveUp(ctx context.Context, cand candidate, others []prefect.Worker) (bool, error) {
	n, err := r.claim.lost(ctx, cand, others)
	if err != nil || n < maxTakeovers {
		return false, err
	}
	reason := fmt.Sprintf("Failed to submit flow run to infrastructure: %d workers went on with this launch, one after the other, "+
		"and none of them is alive. Look at their logs and at the job variables of the deployment, and run it again.", n)
	return true, r.report.crashed(ctx, r.log, cand.ref(), reason, r.claim.still(r.log, cand))
}
