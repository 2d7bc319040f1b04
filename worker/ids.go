package worker

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
)

// newUUID is a random UUID.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// startedBy marks the tasks of a run: ListTasks filters by it. ECS takes 128 letters,
// digits, hyphens, underscores and slashes.
func startedBy(runID, stateID string) string {
	return "prefect/" + runID + "/" + stateID
}

// clientToken makes RunTask idempotent for one scheduled state of a run, whichever
// worker sends it. failures counts the launches that ECS has answered without a task:
// such an answer may be kept with the token, so the next one needs another.
func clientToken(runID, stateID string, failures int) string {
	sum := sha256.Sum256([]byte(runID + "/" + stateID + "/" + strconv.Itoa(failures)))
	return hex.EncodeToString(sum[:])
}
