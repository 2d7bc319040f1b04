package codeplace_test

import (
	"encoding/json"
	"strings"
	"testing"

	"ecsctl/image/flowimage"
	"ecsctl/internal/codeplace"
)

func TestFind(t *testing.T) {
	t.Parallel()
	enters := func(folder string) string {
		return `{"name": "default", "entrypoint": "flow.py:my_flow", "work_pool_name": "etl",
			"pull_steps": [{"prefect.deployments.steps.set_working_directory": {"directory": "` + folder + `"}}]}`
	}
	const flows = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/prefect/etl/flows@sha256:0123"
	const stock = "prefecthq/prefect:3-latest"
	for _, c := range []struct {
		name, deployment, image string
		volumes                 []string
		missing                 bool
	}{
		{"a laptop's", enters("/home/ada/flows"), stock, nil, true},
		{"a Mac's", enters("/Users/ada/flows"), "docker.io/prefecthq/prefect:3.8.8-python3.12", nil, true},
		{"a Windows machine's", enters(`C:\\Users\\ada`), "prefecthq/prefect-aws:latest", nil, true},
		{"a mirror of the stock image", enters("/home/ada"),
			"1.dkr.ecr.eu-west-1.amazonaws.com/hub/prefecthq/prefect:3", nil, true},
		{"the code of our image, in the stock one", enters("/opt/flow"), stock, nil, true},
		{"a laptop's, in our image", enters("/home/ada/flows"), flows, nil, true},
		{"the place in our image", enters(flowimage.CodeDir), flows, nil, false},
		{"below it", enters(flowimage.CodeDir + "/etl"), flows, nil, false},
		{"the working directory of the stock image", enters("/opt/prefect/flows"), stock, nil, false},
		{"an image of which nothing is known", enters("/home/ada/flows"), "me/flows:1", nil, false},
		{"a volume", enters("/mnt/efs/flows"), stock, []string{"/mnt/efs"}, false},
		{"beside a volume", enters("/mnt/efs2"), stock, []string{"/mnt/efs"}, true},
		{"relative", enters("flows"), stock, nil, false},
		{"of an earlier step", enters("{{ clone.directory }}"), stock, nil, false},
		{"cloned first", `{"pull_steps": [{"prefect.deployments.steps.git_clone": {"repository": "https://x"}},
			{"prefect.deployments.steps.set_working_directory": {"directory": "/home/ada"}}]}`, stock, nil, false},
		{"Prefect 2 without pull steps", `{"path": "/home/ada", "pull_steps": null}`, stock, nil, true},
		{"its storage block", `{"path": "/home/ada", "storage_document_id": "1"}`, stock, nil, false},
		{"another form", `{"pull_steps": "none"}`, stock, nil, false},
		{"nothing", `{}`, stock, nil, false},
	} {
		_, found := codeplace.Find(codeplace.Read(json.RawMessage(c.deployment)), c.image, c.volumes...)
		if found != c.missing {
			t.Errorf("%s: missing %v, want %v", c.name, found, c.missing)
		}
	}
}

func TestFixIsACommand(t *testing.T) {
	t.Parallel()
	raw := json.RawMessage(`{"name": "nightly load", "entrypoint": "etl/flow.py:load", "path": "/home/ada",
		"work_pool_name": "etl"}`)
	missing, found := codeplace.Find(codeplace.Read(raw), "prefecthq/prefect:3-latest")
	const want = "ecsctl deploy etl/flow.py:load --name 'nightly load' --pool etl "
	if !found || !strings.Contains(missing.Fix(), want) {
		t.Errorf("got %q, want %q in it", missing.Fix(), want)
	}
	if said := missing.String(); !strings.Contains(said, `"/home/ada"`) || !strings.Contains(said, "3-latest") {
		t.Errorf("it says %q", said)
	}
}
