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

// quoted writes as JSON does, which YAML reads, what would not be the same text when the file is read: the encoder
// leaves control characters as they are, which are gone then, and "---", which begins a document.
func quoted(text string) ([]byte, error) {
	plain, err := yaml.Marshal(text)
	if err != nil {
		return nil, err
	}
	var read string
	if strings.ContainsFunc(text, unicode.IsControl) || yaml.Unmarshal(plain, &read) != nil || read != text {
		return json.Marshal(text)
	}
	return plain, nil
}
