package worker

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/diagnose"
)

// exitReason says why a task has stopped: the cause and what to do, where that is known,
// and in any case what ECS says of the task and its containers.
func exitReason(t types.Task) string { return exitReasonWith(t, nil, nil) }

// exitReasonWith knows the task's definition and the last lines of the container that failed.
func exitReasonWith(t types.Task, d *types.TaskDefinition, lines []string) string {
	words := diagnose.Words(t)
	if found, ok := diagnose.Task(t, d, lines); ok {
		return found.String() + ". ECS says: " + words
	}
	text := "the ECS task stopped before the flow run had ended"
	if words == "" {
		return text
	}
	return text + ". ECS says: " + words
}

// endedWell: the run's container ended with 0, or, where it is not known, every container.
func endedWell(t types.Task) bool {
	if c := diagnose.RunContainer(t, nil); c != nil {
		return hasEndedWell(*c)
	}
	return len(t.Containers) > 0 && !slices.ContainsFunc(t.Containers, func(c types.Container) bool { return !hasEndedWell(c) })
}

func hasEndedWell(c types.Container) bool { return c.ExitCode != nil && *c.ExitCode == 0 }
