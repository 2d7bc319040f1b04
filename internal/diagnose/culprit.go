package diagnose

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// runContainer is the name of a flow run's container in the job templates.
const runContainer = "prefect"

// Culprit is the container whose failure ended the task, or nil when none has failed: the flow
// run's, unless it was only told to end because another one had failed by itself. A sidecar that
// was killed with the task is none.
func Culprit(t types.Task) *types.Container {
	var runs, byItself, first *types.Container
	for i := range t.Containers {
		c := &t.Containers[i]
		if c.ExitCode == nil || *c.ExitCode == 0 {
			continue
		}
		if first == nil {
			first = c
		}
		if aws.ToString(c.Name) == runContainer {
			runs = c
		} else if byItself == nil && !wasTold(c) {
			byItself = c
		}
	}
	switch {
	case runs != nil && (!wasTold(runs) || byItself == nil):
		return runs
	case byItself != nil:
		return byItself
	}
	return first
}

// wasTold reports whether SIGTERM or SIGKILL ended the container, other than for running out of memory.
func wasTold(c *types.Container) bool {
	return *c.ExitCode == 143 || *c.ExitCode == 137 && !strings.Contains(aws.ToString(c.Reason), "OutOfMemory")
}
