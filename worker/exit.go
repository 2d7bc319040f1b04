package worker

import (
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/diagnose"
)

// exitReason says why a task has stopped: the cause and what to do, where that is known,
// and in any case what ECS says of the task and its containers.
func exitReason(t types.Task) string { return exitReasonWith(t, nil) }

// exitReasonWith knows the last lines of the container that failed.
func exitReasonWith(t types.Task, lines []string) string {
	words := diagnose.Words(t)
	if found, ok := diagnose.Task(t, lines); ok {
		return found.String() + ". ECS says: " + words
	}
	text := "the ECS task stopped before the flow run had ended"
	if words == "" {
		return text
	}
	return text + ". ECS says: " + words
}

// endedWell: every container that ran ended with 0, and one did.
func endedWell(t types.Task) bool {
	ran := false
	for _, container := range t.Containers {
		if container.ExitCode == nil || *container.ExitCode != 0 {
			return false
		}
		ran = true
	}
	return ran
}
