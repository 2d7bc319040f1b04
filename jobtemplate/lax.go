package jobtemplate

import (
	"encoding/json"
	"maps"
	"math"
	"strconv"
	"strings"
)

// The official worker reads its settings leniently (pydantic's lax mode): "yes" is a
// boolean and "300" an integer. Strings are strict, but for Prefect 2.

var booleanWords = map[string]bool{
	"true": true, "t": true, "yes": true, "y": true, "on": true, "1": true,
	"false": false, "f": false, "no": false, "n": false, "off": false, "0": false,
}

func laxBoolean(value any) (result, ok bool) {
	switch value := value.(type) {
	case bool:
		return value, true
	case string:
		result, ok = booleanWords[strings.ToLower(value)]
		return result, ok
	case json.Number:
		f, err := value.Float64()
		return f == 1, err == nil && (f == 0 || f == 1)
	default:
		return false, false
	}
}

func laxNumber(value any) (float64, bool) {
	switch value := value.(type) {
	case bool:
		if value {
			return 1, true
		}
		return 0, true
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		return f, err == nil
	case json.Number:
		f, err := value.Float64()
		return f, err == nil
	default:
		return 0, false
	}
}

func laxInteger(value any) (int64, bool) {
	f, ok := laxNumber(value)
	return int64(f), ok && f == math.Trunc(f) && math.Abs(f) < 1<<53
}

// pyInt is Python's int(): fractions of numbers are cut off, strings must be whole.
func pyInt(value any) (int64, bool) {
	switch value := value.(type) {
	case bool:
		return laxInteger(value)
	case string:
		n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		return n, err == nil
	case json.Number:
		f, err := value.Float64()
		return int64(f), err == nil && math.Abs(f) < 1<<53
	default:
		return 0, false
	}
}

// numbersToTexts does what the worker of Prefect 2 does with numbers where its settings are texts
// (pydantic 1): `labels: {team: 5}` works there, and a year later somebody relies on it.
func numbersToTexts(values map[string]any) {
	for _, name := range []string{"name", "command", "cluster", "family", "image"} {
		if number, ok := values[name].(json.Number); ok {
			values[name] = number.String()
		}
	}
	for _, name := range []string{"labels", "env", "cloudwatch_logs_options"} {
		object, _ := values[name].(map[string]any)
		if object == nil {
			continue
		}
		texts := maps.Clone(object) // it may be the caller's
		for key, value := range texts {
			if number, ok := value.(json.Number); ok {
				texts[key] = number.String()
			}
		}
		values[name] = texts
	}
}
