// Package codeplace knows deployments whose code cannot be where their runs look for it: `prefect deploy` without a
// prefect.yaml stores the folder of the machine that deployed, which no container has.
package codeplace

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strings"

	"ecsctl/internal/shellword"
)

// Deployment is what of a deployment tells where its code is.
type Deployment struct {
	Name       string           `json:"name"`
	Entrypoint string           `json:"entrypoint"`
	Path       string           `json:"path"`
	PullSteps  []map[string]any `json:"pull_steps"`
	Storage    string           `json:"storage_document_id"`
	Pool       string           `json:"work_pool_name"`
}

// Missing is a deployment whose image has no such folder.
type Missing struct {
	Deployment
	Folder, Image string
}

// Read reads a deployment as the Prefect API gives it. What it cannot read has no fault that this package knows.
func Read(raw json.RawMessage) Deployment {
	var d Deployment
	_ = json.Unmarshal(raw, &d) // a pull step of another form is none that only enters a folder
	return d
}

// Find reports whether the runs of a deployment in an image will look for a folder that the image does not have.
// volumes are the folders of the container that come from elsewhere.
func Find(d Deployment, image string, volumes ...string) (Missing, bool) {
	folder := d.folder()
	own, known := codeOf(image)
	if folder == "" || !known || within(folder, own) {
		return Missing{}, false
	}
	for _, volume := range volumes {
		if within(folder, volume) {
			return Missing{}, false
		}
	}
	return Missing{d, folder, image}, true
}

// String says what is wrong.
func (m Missing) String() string {
	return fmt.Sprintf("deployment %q takes its code from %q, a folder of the machine that deployed it: image %q has "+
		"no such folder",
		m.Name, m.Folder, m.Image)
}

// Fix is a command that works as it stands, in the folder of the flow.
func (m Missing) Fix() string {
	entrypoint := m.Entrypoint
	if !strings.Contains(entrypoint, ":") {
		entrypoint = "flow.py:my_flow"
	}
	words := []string{"ecsctl deploy", shellword.Quote(entrypoint)}
	if m.Name != "" {
		words = append(words, "--name", shellword.Quote(m.Name))
	}
	if m.Pool != "" {
		words = append(words, "--pool", shellword.Quote(m.Pool))
	}
	return "in the flow's folder: " + strings.Join(words, " ") + " (it puts the code into an image)"
}

// The step that enters a folder, by its name in Prefect 3 and as prefect init of old wrote it.
const stepEnter = ".steps.set_working_directory"

var drive = regexp.MustCompile(`^[A-Za-z]:[\\/]`)

// folder is where runs enter when no other step brings the code; "" when that is not known.
func (d Deployment) folder() string {
	folder := d.Path
	if d.Storage != "" {
		return ""
	}
	for _, step := range d.PullSteps {
		folder = ""
		for name, in := range step {
			inputs, _ := in.(map[string]any)
			if len(step) != 1 || !strings.HasSuffix(name, stepEnter) {
				return ""
			}
			folder, _ = inputs["directory"].(string)
		}
	}
	if strings.Contains(folder, "{{") || !path.IsAbs(folder) && !drive.MatchString(folder) {
		return ""
	}
	return folder
}

var (
	official = regexp.MustCompile(`(^|/)prefecthq/prefect(-aws)?(:|@|$)`)
	ours     = regexp.MustCompile(`/prefect/[^/]+/flows(:|@|$)`)
)

// codeOf is the only folder where an image has code that is not its base's, for images whose content is known.
func codeOf(image string) (string, bool) {
	switch {
	case ours.MatchString(image):
		return "/opt/flow", true
	case official.MatchString(image):
		return "/opt/prefect", true
	}
	return "", false
}

// within reports whether a folder is another one or below it.
func within(folder, parent string) bool {
	if parent == "" || !path.IsAbs(folder) {
		return false
	}
	folder, parent = path.Clean(folder), path.Clean(parent)
	return folder == parent || parent == "/" || strings.HasPrefix(folder, parent+"/")
}
