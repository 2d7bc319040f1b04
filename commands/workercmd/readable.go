package workercmd

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"

	"github.com/charmbracelet/log"

	"ecsctl/internal/orderedjson"
)

// Readable returns a line of the worker's log, which is JSON where no terminal is, as `ecsctl worker start` shows it
// on a terminal, but without its time. What is no such line stays as it is.
func Readable(line string) string {
	var members orderedjson.Object
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &members) != nil {
		return line
	}
	var level slog.Level
	values, rest := map[string]string{}, []any{}
	for _, m := range members {
		var value any
		_ = json.Unmarshal(m.Value, &value) // valid, as all of the line is
		switch text, isText := value.(string); m.Key {
		case slog.TimeKey, slog.LevelKey, slog.MessageKey:
			if !isText {
				return line
			}
			values[m.Key] = text
		default:
			rest = append(rest, m.Key, value)
		}
	}
	if len(values) != 3 || level.UnmarshalText([]byte(values[slog.LevelKey])) != nil {
		return line
	}
	var out bytes.Buffer
	log.NewWithOptions(&out, log.Options{Level: log.DebugLevel}).Log(log.Level(level), values[slog.MessageKey], rest...)
	return strings.TrimRight(out.String(), "\n")
}
