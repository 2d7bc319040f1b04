package prefectapi_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	anID     = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	aTime    = regexp.MustCompile(`^20[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(Z|\+00:00)$`)
	anIDText = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
)

// varying are the keys whose values no two runs share: durations.
var varying = []string{"estimated_start_time_delta", "estimated_run_time", "total_run_time", "delay_seconds"}

// normalise writes an answer with sorted keys, and with what differs from run to run, or
// from one release of the validation library to the next, replaced.
func normalise(t *testing.T, body []byte, names map[string]string) string {
	t.Helper()
	if len(body) == 0 {
		return ""
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		t.Fatalf("not JSON: %s", body)
	}
	out, err := encodeIndented(normal("", value, names))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func encodeIndented(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err := encoder.Encode(value)
	return bytes.TrimSpace(out.Bytes()), err
}

func normal(key string, value any, names map[string]string) any {
	if slices.Contains(varying, key) && value != nil {
		return "<" + key + ">"
	}
	switch value := value.(type) {
	case map[string]any:
		return normalObject(value, names)
	case []any:
		for i := range value {
			value[i] = normal(key, value[i], names)
		}
		if key == "tags" {
			slices.SortFunc(value, func(x, y any) int { return strings.Compare(x.(string), y.(string)) })
		}
		return value
	case string:
		return normalText(key, value, names)
	}
	return value
}

// normalObject keeps of a validation error where it is, and not its words.
func normalObject(value map[string]any, names map[string]string) any {
	delete(value, "request_body")
	if _, isError := value["loc"]; isError && value["msg"] != nil {
		return map[string]any{"loc": value["loc"]}
	}
	for name, inner := range value {
		value[name] = normal(name, inner, names)
	}
	return value
}

func normalText(key, text string, names map[string]string) any {
	switch {
	case key == "pause_keys":
		return "<pause key>"
	case anID.MatchString(text):
		for name, id := range names {
			if id == text {
				return "{" + name + "}"
			}
		}
		return "<id>"
	case aTime.MatchString(text):
		return "<time>"
	}
	text = strings.ReplaceAll(text, names["pool"], "{pool}")
	return anIDText.ReplaceAllString(text, "<id>")
}
