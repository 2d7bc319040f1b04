package handover

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// pair is a member of a mapping whose order counts, with a comment above it.
type pair struct {
	comment string
	key     string
	value   any
}

// bare matches texts that no reader of YAML takes for anything else. All others are quoted as JSON, which YAML 1.2 and
// the readers of 1.1 understand alike: a bare 2012-10-17 would be a date.
var (
	bare     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_/.:-]*[A-Za-z0-9_/.-]$`)
	reserved = regexp.MustCompile(`(?i)^(y|yes|n|no|on|off|true|false|null)$`)
)

// writeYAML writes a block of YAML: []pair and maps as mappings, []any as lists.
func writeYAML(out *strings.Builder, node any, indent string) {
	switch node := node.(type) {
	case []pair:
		for _, p := range node {
			for line := range strings.Lines(p.comment) {
				out.WriteString(indent + line)
			}
			writeMember(out, p.key, p.value, indent)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(node)) {
			writeMember(out, key, node[key], indent)
		}
	case []any:
		for _, value := range node {
			writeItem(out, value, indent)
		}
	}
}

func writeMember(out *strings.Builder, key string, value any, indent string) {
	out.WriteString(indent + scalar(key) + ":")
	if isEmpty(value) {
		out.WriteString(" " + scalar(value) + "\n")
		return
	}
	out.WriteString("\n")
	writeYAML(out, value, indent+"  ")
}

func writeItem(out *strings.Builder, value any, indent string) {
	if isEmpty(value) {
		out.WriteString(indent + "- " + scalar(value) + "\n")
		return
	}
	var item strings.Builder
	writeYAML(&item, value, indent+"  ")
	out.WriteString(indent + "- " + strings.TrimPrefix(item.String(), indent+"  "))
}

// isEmpty reports whether a value goes on the line of its key.
func isEmpty(value any) bool {
	switch value := value.(type) {
	case []pair:
		return len(value) == 0
	case map[string]any:
		return len(value) == 0
	case []any:
		return len(value) == 0
	}
	return true
}

func scalar(value any) string {
	if text, ok := value.(string); ok && bare.MatchString(text) && !reserved.MatchString(text) {
		return text
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(fmt.Sprintf("%v has no JSON form: %v", value, err)) // a programming error
	}
	return strings.TrimSuffix(out.String(), "\n")
}
