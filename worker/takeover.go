package worker

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
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
		return slices.ContainsFunc(others, func(w prefect.Worker) bool {
			return line == takeoverLine(cand.claim, markOf(w.Name))
		})
	}
	n := 0
	for _, line := range lines {
		if strings.HasPrefix(line.Message, "going on with the launch") && strings.Contains(line.Message, cand.claim) &&
			!alive(line.Message) {
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
	reason := fmt.Sprintf("Failed to submit flow run to infrastructure: %d workers went on with this launch, one "+
		"after the other, "+
		"and none of them is alive. Look at their logs and at the job variables of the deployment, and run it again.",
		n)
	return true, r.report.crashed(ctx, r.log, cand.ref(), reason, r.claim.still(r.log, cand))
}

// launchClaim is the claim that a run's last launch was for.
type launchClaim struct {
	id     string         // of the Pending state
	since  time.Time      //
	mark   mark           // of the worker that made it
	marked bool           // that worker is ecsctl's
	before *prefect.State // that it was made in; nil when there was none
	ran    bool           // the run was Running since
}

// claimIn finds the last claim in the states of a run, oldest first: the first of the
// Pending states in a row. What came after it (Submitting, Running, Cancelling, ...) does
// not matter, unless the run was scheduled anew; for a retry within its process it is not.
func claimIn(states []prefect.State) (launchClaim, bool) {
	found, ran := -1, false
	for i := len(states) - 1; i >= 0; i-- {
		if states[i].Type == prefect.Scheduled && !retriesItself(states, i) || found >= 0 &&
			states[i].Type != prefect.Pending {
			break
		}
		if states[i].Type == prefect.Pending {
			found = i
		}
		ran = ran || states[i].Type == prefect.Running
	}
	if found < 0 {
		return launchClaim{}, false
	}
	c := launchClaim{id: states[found].ID, since: states[found].Timestamp, ran: ran}
	if found > 0 {
		c.before = &states[found-1]
	}
	c.mark, c.marked = readMark(states[found].Details.TransitionID)
	return c, true
}

// retriesItself: the state is one that the server gives a run that fails and has retries left.
// The process that runs it waits for them; the run is given to no worker.
func retriesItself(states []prefect.State, i int) bool {
	s := states[i]
	_, ours := readMark(s.Details.TransitionID)
	return s.Type == prefect.Scheduled && s.Name == awaitingRetry && !ours && i > 0 &&
		states[i-1].Type == prefect.Running
}

// The transition ids of our proposals are UUIDs of version 8 (RFC 9562: free to fill)
// that say who made them: an ecsctl worker, and a hash of its name. A claim so tells
// whose it is, in the state itself and from its first moment; nothing has to be
// written after it that a kill could prevent.
var markMagic = [4]byte{'e', 'c', 's', 'c'}

// mark stands for the name of a worker.
type mark [6]byte

func markOf(worker string) mark {
	sum := sha256.Sum256([]byte(worker))
	return mark(sum[:6])
}

// newTransition is a new transition id with the mark.
func (m mark) newTransition() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	copy(b[:4], markMagic[:])
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	copy(b[10:], m[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// readMark tells which worker has made a proposal, and whether it was one of ours.
func readMark(transitionID string) (mark, bool) {
	raw, err := hex.DecodeString(strings.ReplaceAll(transitionID, "-", ""))
	if err != nil || len(raw) != 16 || [4]byte(raw[:4]) != markMagic || raw[6]>>4 != 8 {
		return mark{}, false
	}
	return mark(raw[10:]), true
}

// A launch is known by its claim: the id of the Pending state that a scheduled state
// went over to. The server makes it with the very transition that gives the run to one
// worker, so there is one for each scheduled state, and any worker reads it later from
// the run's history. (The scheduled state's own id would not do: the server makes a new
// one when it marks a run Late, even between a poll and the claim.)

// startedBy marks the tasks of a run: ListTasks filters by it. ECS takes 128 letters,
// digits, hyphens, underscores and slashes.
func startedBy(runID, claimID string) string {
	return "prefect/" + runID + "/" + claimID
}

// clientToken makes RunTask idempotent for one claim of a run, whichever worker sends
// it. A claim has this one token: when ECS has answered that there is no task, the
// claim is over, and the next one has another.
func clientToken(runID, claimID string) string {
	sum := sha256.Sum256([]byte(runID + "/" + claimID))
	return hex.EncodeToString(sum[:])
}

// fallbackToken is for the same claim with another kind of capacity, after ECS has
// answered that there is no task of the first kind.
func fallbackToken(runID, claimID string) string {
	return clientToken(runID, claimID+"/on-demand")
}

// parsePID takes an infrastructure_pid apart: {cluster}::{task arn}.
func parsePID(pid string) (cluster, task string, ok bool) {
	cluster, task, ok = strings.Cut(pid, "::")
	return cluster, task, ok && task != ""
}
