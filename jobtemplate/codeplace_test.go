package jobtemplate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCodeOfAnotherMachineIsAWarning(t *testing.T) {
	t.Parallel()
	const deployment = `{"id": "dep-1", "name": "default", "entrypoint": "flow.py:my_flow", "work_pool_name": "etl",
		"pull_steps": [{"prefect.deployments.steps.set_working_directory": {"directory": "/home/ada/flows"}}]}`
	const warning = `deployment "default" takes its code from "/home/ada/flows", a folder of the machine that deployed it: ` +
		`image "prefecthq/prefect:3-latest" has no such folder; ` +
		`in the flow's folder: ecsctl deploy flow.py:my_flow --name default --pool etl (it puts the code into an image)`
	for _, c := range []struct {
		name, variables string
		want            []string
	}{
		{"stock image", `{"image": "prefecthq/prefect:3-latest"}`, []string{warning}},
		{"the user's own image", `{"image": "me/flows:1"}`, nil},
		{"a command that may bring the code", `{"image": "prefecthq/prefect:3-latest", "command": "./start.sh"}`, nil},
	} {
		in := withVariables(c.variables)
		in.Deployment = raw(deployment)
		if diff := cmp.Diff(c.want, resolve(t, in).Warnings); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
