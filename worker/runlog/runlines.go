package runlog

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
	RunLogger    = "prefect.flow_runs.worker"
	WorkerLogger = "prefect.workers.ecs"
)

// Lines makes loggers for runs: their lines go to the worker's own log and to the
// run's log in Prefect.
type Lines struct {
	Console *slog.Logger
	Ship    *Shipper // nil: not to Prefect
}

// Of returns the logger of a flow run: it writes to the console and, with Ship, to Prefect.
func (r *Lines) Of(run Run) *slog.Logger {
	console := r.Console.With("flow run", run.Name, "id", run.ID).Handler()
	if r.Ship == nil {
		return slog.New(console)
	}
	return slog.New(&LineHandler{Console: console, Ship: r.Ship, Line: prefect.Log{Name: RunLogger, FlowRunID: run.ID}})
}

// InPrefect makes a logger whose lines go to the run's log in Prefect alone.
func (r *Lines) InPrefect(run Run) *slog.Logger {
	if r.Ship == nil {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(&LineHandler{
		Console: slog.DiscardHandler, Ship: r.Ship, Line: prefect.Log{Name: RunLogger, FlowRunID: run.ID},
	})
}

// LineHandler writes each record twice.
type LineHandler struct {
	Console slog.Handler
	Ship    *Shipper
	Line    prefect.Log // what its lines have in common
	Worker  func() string
	attrs   []slog.Attr
}

func (h *LineHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo || h.Console.Enabled(ctx, level)
}

func (h *LineHandler) Handle(ctx context.Context, record slog.Record) error {
	if record.Level >= slog.LevelInfo {
		h.send(record)
	}
	if !h.Console.Enabled(ctx, record.Level) {
		return nil
	}
	return h.Console.Handle(ctx, record)
}

func (h *LineHandler) send(record slog.Record) {
	line := h.Line
	if h.Worker != nil {
		// The server keeps lines of a worker only when it knows which.
		if line.WorkerID = h.Worker(); line.WorkerID == "" {
			return
		}
	}
	line.Level, line.Timestamp = pythonLevel(record.Level), record.Time.UTC()
	if line.Timestamp.IsZero() {
		line.Timestamp = time.Now().UTC()
	}
	line.Message = lineText(record, h.attrs)
	h.Ship.Add(line)
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
func (h *LineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	out := *h
	out.Console = h.Console.WithAttrs(attrs)
	out.attrs = append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)
	return &out
}

// WithGroup groups on the console alone: a line of text has no groups.
func (h *LineHandler) WithGroup(name string) slog.Handler {
	out := *h
	out.Console = h.Console.WithGroup(name)
	return &out
}

// Run names a run, for messages and logs.
type Run struct{ ID, Name string }
