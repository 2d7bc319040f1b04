package worker

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// exitReason says in one sentence why a task has stopped: what ECS says of the task,
// and of each container that did not end well.
func exitReason(t types.Task) string {
	var parts []string
	if reason := aws.ToString(t.StoppedReason); reason != "" {
		parts = append(parts, strings.TrimSuffix(reason, "."))
	}
	for _, container := range t.Containers {
		if text := containerReason(container); text != "" {
			parts = append(parts, text)
		}
	}
	text := "the ECS task stopped before the flow run had ended"
	if t.StopCode != "" {
		text += " (" + string(t.StopCode) + ")"
	}
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, "; ")
	}
	return text
}

func containerReason(c types.Container) string {
	text := ""
	if c.ExitCode != nil {
		text = fmt.Sprintf("exited with code %d", *c.ExitCode)
		if meaning := exitMeaning(*c.ExitCode); meaning != "" {
			text += ", " + meaning
		}
	}
	if reason := strings.TrimSuffix(aws.ToString(c.Reason), "."); reason != "" {
		text = strings.TrimPrefix(text+": "+reason, ": ")
	}
	if text == "" {
		return ""
	}
	return fmt.Sprintf("container %q %s", aws.ToString(c.Name), text)
}

// exitMeaning explains exit codes that programs do not choose: 128 and a signal, and
// those of the shell and the container runtime.
func exitMeaning(code int32) string {
	switch code {
	case 125:
		return "the container could not be run"
	case 126:
		return "the command is not executable"
	case 127:
		return "the command was not found in the image"
	case 134:
		return "aborted"
	case 137:
		return "killed, as it is when memory runs out"
	case 139:
		return "a segmentation fault"
	case 143:
		return "ended by SIGTERM"
	}
	return ""
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
