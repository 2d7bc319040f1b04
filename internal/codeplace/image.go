package codeplace

import (
	"bytes"
	"encoding/json"
)

// stock is what a pool without an image of its own runs in, but for its tag.
const stock = "prefecthq/prefect"

// Image is the image that a deployment names in its job variables, or the default of its pool's base job template.
// It is "" where the template does not use the variable, or mounts volumes, which may have the code.
func Image(baseJobTemplate, jobVariables json.RawMessage) string {
	var template struct {
		Variables struct {
			Properties map[string]struct {
				Default any `json:"default"`
			} `json:"properties"`
		} `json:"variables"`
	}
	var variables map[string]any
	if json.Unmarshal(baseJobTemplate, &template) != nil || bytes.Contains(baseJobTemplate, []byte(`"mountPoints"`)) {
		return ""
	}
	property, is := template.Variables.Properties["image"]
	if !is {
		return ""
	}
	_ = json.Unmarshal(jobVariables, &variables) // none
	for _, value := range []any{variables["image"], property.Default, stock} {
		if image, ok := value.(string); ok && image != "" {
			return image
		}
	}
	return ""
}
