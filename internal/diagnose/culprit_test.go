package diagnose

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

type culpritCase struct {
	containers []types.Container
	want       string // name of the culprit; empty is none
	run        string // the container that was told its run; empty is none
	optional   string // the container that is not essential; empty: that is not known
}

func (c culpritCase) task() types.Task {
	t := types.Task{Containers: c.containers}
	if c.run != "" {
		t.Overrides = &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{
			Name: &c.run, Environment: []types.KeyValuePair{{Name: aws.String("PREFECT__FLOW_RUN_ID"),
				Value: aws.String("id")}},
		}}}
	}
	return t
}

func (c culpritCase) definition() *types.TaskDefinition {
	if c.optional == "" {
		return nil
	}
	d := &types.TaskDefinition{}
	for _, container := range c.containers {
		essential := *container.Name != c.optional
		d.ContainerDefinitions = append(d.ContainerDefinitions, types.ContainerDefinition{
			Name: container.Name, Essential: &essential,
		})
	}
	return d
}

func TestCulprit(t *testing.T) {
	t.Parallel()
	exited := func(name string, code int32, reason string) types.Container {
		return types.Container{Name: &name, ExitCode: &code, Reason: aws.String(reason)}
	}
	const oom = "OutOfMemoryError: Container killed due to memory usage"
	for name, tc := range map[string]culpritCase{
		"nobody failed": {containers: []types.Container{exited("log", 0, ""),
			exited("prefect", 0, "")}},
		"never ran": {containers: []types.Container{{Name: aws.String("prefect")}}},
		"a log agent was killed": {containers: []types.Container{exited("log", 137, ""),
			exited("prefect", 1, "")}, want: "prefect"},
		"a log agent ended with it": {containers: []types.Container{exited("log", 2, ""), exited("prefect", 1, "")},
			want: "prefect"},
		"an essential one failed": {containers: []types.Container{exited("prefect", 143, ""),
			exited("proxy", 1, "")}, want: "proxy"},
		"an essential one was too slow": {containers: []types.Container{exited("prefect", 137, ""),
			exited("log", 143, ""), exited("proxy", 3, "")}, want: "proxy"},
		"the run's had no memory": {containers: []types.Container{exited("log", 1, ""), exited("prefect", 137, oom)},
			want: "prefect"},
		"a sidecar had no memory": {containers: []types.Container{exited("prefect", 143, ""),
			exited("proxy", 137, oom)}, want: "proxy"},
		"all were told to end": {containers: []types.Container{exited("log", 143, ""),
			exited("prefect", 137, "")}, want: "prefect"},
		"the run's has another name": {containers: []types.Container{exited("log", 137, ""), exited("flow", 1, "")},
			want: "flow"},
		"a failed agent is not essential": {
			containers: []types.Container{exited("log", 1, ""), exited("prefect", 143, "")}, want: "prefect",
			optional: "log"},
		"an agent failed, the run's ended well": {
			containers: []types.Container{exited("log", 1, ""), exited("prefect", 0, "")}, optional: "log"},
		"an agent had no memory": {
			containers: []types.Container{exited("log", 137, oom), exited("flow", 143, "")}, want: "flow",
			optional: "log"},
		"the run's was told its run": {
			containers: []types.Container{exited("prefect", 1, ""), exited("flow", 2, "")}, want: "flow", run: "flow"},
		"the only essential one": {
			containers: []types.Container{exited("log", 2, ""), exited("web", 3, "")}, want: "web", optional: "log"},
	} {
		got := ""
		if c := Culprit(tc.task(), tc.definition()); c != nil {
			got = *c.Name
		}
		if got != tc.want {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
		}
	}
}
