package worker

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

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
