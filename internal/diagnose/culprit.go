package diagnose

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	// runContainer is the name of a flow run's container in the job templates.
	runContainer = "prefect"
	// runVariable is in the environment of a flow run's container, whatever it is called.
	runVariable = "PREFECT__FLOW_RUN_ID"
)

// Culprit is the container whose failure ended the task, or nil when none has failed: the flow
// run's, unless it was only told to end because another one had failed by itself. A sidecar that
// was killed with the task is none, nor one that the definition d says is not essential. A nil d
// is not known.
func Culprit(t types.Task, d *types.TaskDefinition) *types.Container {
	run := RunContainer(t, d)
	var byItself, first *types.Container
	for _, c := range essential(t, d) {
		if c.ExitCode == nil || *c.ExitCode == 0 {
			continue
		}
		if first == nil {
			first = c
		}
		if c != run && byItself == nil && !wasTold(c) {
			byItself = c
		}
	}
	switch {
	case failed(run) && (!wasTold(run) || byItself == nil):
		return run
	case byItself != nil:
		return byItself
	}
	return first
}

func failed(c *types.Container) bool { return c != nil && c.ExitCode != nil && *c.ExitCode != 0 }

// RunContainer is the container that the flow run is in: the one that was told which run it is,
// else the one with the name that templates give it, else the only one that is essential.
// It is nil where none of these tells.
func RunContainer(t types.Task, d *types.TaskDefinition) *types.Container {
	if t.Overrides != nil {
		for _, o := range t.Overrides.ContainerOverrides {
			if slices.ContainsFunc(o.Environment, isRunVariable) {
				return containerNamed(t, aws.ToString(o.Name))
			}
		}
	}
	if c := containerNamed(t, runContainer); c != nil {
		return c
	}
	if list := essential(t, d); len(list) == 1 {
		return list[0]
	}
	return nil
}

func isRunVariable(v types.KeyValuePair) bool { return aws.ToString(v.Name) == runVariable }

func containerNamed(t types.Task, name string) *types.Container {
	for i := range t.Containers {
		if aws.ToString(t.Containers[i].Name) == name {
			return &t.Containers[i]
		}
	}
	return nil
}

// essential are the containers whose end is that of the task.
func essential(t types.Task, d *types.TaskDefinition) []*types.Container {
	optional := map[string]bool{}
	if d != nil {
		for _, c := range d.ContainerDefinitions {
			optional[aws.ToString(c.Name)] = c.Essential != nil && !*c.Essential
		}
	}
	var out []*types.Container
	for i := range t.Containers {
		if c := &t.Containers[i]; !optional[aws.ToString(c.Name)] {
			out = append(out, c)
		}
	}
	return out
}

// wasTold reports whether SIGTERM or SIGKILL ended the container, other than for running out of memory.
func wasTold(c *types.Container) bool {
	return *c.ExitCode == 143 || *c.ExitCode == 137 && !strings.Contains(aws.ToString(c.Reason), "OutOfMemory")
}

// speaking are the containers whose reasons say why the task ended, what counts most first: that
// which failed by itself alone, else those that are essential. The others count only in a task
// that never started.
func speaking(t types.Task, d *types.TaskDefinition) []*types.Container {
	if t.StopCode == types.TaskStopCodeTaskFailedToStart {
		return essential(t, nil)
	}
	culprit := Culprit(t, d)
	if culprit != nil && !wasTold(culprit) {
		return []*types.Container{culprit}
	}
	return essential(t, d)
}
