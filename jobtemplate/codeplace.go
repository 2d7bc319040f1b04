package jobtemplate

import (
	"encoding/json"

	"ecsctl/internal/codeplace"
)

// warnOfCode says that the run will not find its code: the deployment names a folder of the machine that deployed.
// A command of the user's own may bring the folder.
func (j *Job) warnOfCode(found *findings, deployment json.RawMessage) {
	if j.definition == nil || j.Command != defaultCommand {
		return
	}
	containers := containersOf(&findings{}, j.definition)
	container := containerNamed(containers, firstOf(j.config.containerName, inferName(containers)))
	missing, is := codeplace.Find(codeplace.Read(deployment), field(container, "image"), mountsOf(container)...)
	if is {
		found.warn("%s; %s", missing, missing.Fix())
	}
}

// mountsOf are the folders of a container that volumes are mounted at.
func mountsOf(container map[string]any) []string {
	list, _ := container["mountPoints"].([]any)
	var out []string
	for _, item := range list {
		if mount, ok := item.(map[string]any); ok {
			out = append(out, field(mount, "containerPath"))
		}
	}
	return out
}
