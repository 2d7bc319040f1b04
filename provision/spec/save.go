package spec

import (
	"encoding/json"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"
)

// YAML is the Spec as an ecsctl.yaml that ParseSpec reads back as it is.
func (s Spec) YAML() ([]byte, error) {
	return yaml.MarshalWithOptions(s, yaml.CustomMarshaler[string](quoted))
}

// quoted writes texts with control characters as JSON does, which YAML reads: the encoder leaves
// them as they are, and they would be gone when the file is read.
func quoted(text string) ([]byte, error) {
	if strings.ContainsFunc(text, unicode.IsControl) {
		return json.Marshal(text)
	}
	return yaml.Marshal(text)
}
