package workercmd

import (
	"io"
	"log/slog"
	"time"

	"ecsctl/commands/console"

	charm "github.com/charmbracelet/log"
)

// newWorkerLogger writes for people on a terminal, and JSON lines elsewhere.
func newWorkerLogger(w io.Writer, debug bool) *slog.Logger {
	level := slog.LevelInfo
	if debug {
		level = slog.LevelDebug
	}
	if console.IsTerminal(w) {
		return slog.New(charm.NewWithOptions(w, charm.Options{
			ReportTimestamp: true, TimeFormat: time.TimeOnly, Level: charm.Level(level),
		}))
	}
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
}
