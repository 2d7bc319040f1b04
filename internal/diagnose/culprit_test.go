package diagnose

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestCulprit(t *testing.T) {
	t.Parallel()
	exited := func(name string, code int32, reason string) types.Container {
		return types.Container{Name: &name, ExitCode: &code, Reason: aws.String(reason)}
	}
	const oom = "OutOfMemoryError: Container killed due to memory usage"
	for name, tc := range map[string]struct {
		containers []types.Container
		want       string // name of the culprit; empty is none
	}{
		"nobody failed":                 {[]types.Container{exited("log", 0, ""), exited("prefect", 0, "")}, ""},
		"never ran":                     {[]types.Container{{Name: aws.String("prefect")}}, ""},
		"a log agent was killed":        {[]types.Container{exited("log", 137, ""), exited("prefect", 1, "")}, "prefect"},
		"a log agent ended with it":     {[]types.Container{exited("log", 2, ""), exited("prefect", 1, "")}, "prefect"},
		"an essential one failed":       {[]types.Container{exited("prefect", 143, ""), exited("proxy", 1, "")}, "proxy"},
		"an essential one was too slow": {[]types.Container{exited("prefect", 137, ""), exited("log", 143, ""), exited("proxy", 3, "")}, "proxy"},
		"the run's had no memory":       {[]types.Container{exited("log", 1, ""), exited("prefect", 137, oom)}, "prefect"},
		"a sidecar had no memory":       {[]types.Container{exited("prefect", 143, ""), exited("proxy", 137, oom)}, "proxy"},
		"all were told to end":          {[]types.Container{exited("log", 143, ""), exited("prefect", 137, "")}, "prefect"},
		"the run's has another name":    {[]types.Container{exited("log", 137, ""), exited("flow", 1, "")}, "flow"},
	} {
		got := ""
		if c := Culprit(types.Task{Containers: tc.containers}); c != nil {
			got = *c.Name
		}
		if got != tc.want {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
		}
	}
}
