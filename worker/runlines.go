package worker

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"ecsctl/prefect"
)

// The names of the loggers whose lines are shown in Prefect, as the official worker's.
const (
	runLogger    = "prefect.flow_runs.worker"
	workerLogger = "prefect.workers.ecs"
)

// runLines makes loggers for runs: their lines go to the worker's own log and to the
// run's log in Prefect.
type runLines struct {
	console *slog.Logger
	ship    *shipper // nil: not to Prefect
}

func (r *runLines) of(run runRef) *slog.Logger {
	console := r.console.With("flow run", run.name, "id", run.id).Handler()
	if r.ship == nil {
		return slog.New(console)
	}
	return slog.New(&lineHandler{console: console, ship: r.ship, line: prefect.Log{Name: runLogger, FlowRunID: run.id}})
}

// inPrefect makes a logger whose lines go to the run's log in Prefect alone.
func (r *runLines) inPrefect(run runRef) *slog.Logger {
	if r.ship == nil {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(&lineHandler{console: slog.DiscardHandler, ship: r.ship, line: prefect.Log{Name: runLogger, FlowRunID: run.id}})
}

// lineHandler writes each record twice.
type lineHandler struct {
	console slog.Handler
	ship    *shipper
	line    prefect.Log // what its lines have in common
	worker  func() string
	attrs   []slog.Attr
}

func (h *lineHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo || h.console.Enabled(ctx, level)
}

func (h *lineHandler) Handle(ctx context.Context, record slog.Record) error {
	if record.Level >= slog.LevelInfo {
		h.send(record)
	}
	if !h.console.Enabled(ctx, record.Level) {
		return nil
	}
	return h.console.Handle(ctx, record)
}

func (h *lineHandler) send(record slog.Record) {
	line := h.line
	if h.worker != nil {
		// The server keeps lines of a worker only when it knows which.
		if line.WorkerID = h.worker(); line.WorkerID == "" {
			return
		}
	}
	line.Level, line.Timestamp = pythonLevel(record.Level), record.Time.UTC()
	if line.Timestamp.IsZero() {
		line.Timestamp = time.Now().UTC()
	}
	line.Message = lineText(record, h.attrs)
	h.ship.add(line)
}

// lineText is the message with its attributes behind it.
func lineText(record slog.Record, attrs []slog.Attr) string {
	var parts []string
	write := func(a slog.Attr) bool {
		parts = append(parts, fmt.Sprintf("%s: %v", a.Key, a.Value.Resolve()))
		return true
	}
	for _, a := range attrs {
		write(a)
	}
	record.Attrs(write)
	if len(parts) == 0 {
		return record.Message
	}
	return record.Message + " (" + strings.Join(parts, ", ") + ")"
}

func pythonLevel(level slog.Level) int {
	switch {
	case level >= slog.LevelError:
		return prefect.LevelError
	case level >= slog.LevelWarn:
		return prefect.LevelWarning
	case level >= slog.LevelInfo:
		return prefect.LevelInfo
	}
	return prefect.LevelDebug
}

// WithAttrs keeps attributes for both sides.
func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	out := *h
	out.console = h.console.WithAttrs(attrs)
	out.attrs = append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)
	return &out
}

// WithGroup groups on the console alone: a line of text has no groups.
func (h *lineHandler) WithGroup(name string) slog.Handler {
	out := *h
	out.console = h.console.WithGroup(name)
	return &out
}

// runRef names a run, for messages and logs.
type runRef struct{ id, name string }
