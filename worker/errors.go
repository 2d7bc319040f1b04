package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"ecsctl/jobtemplate"
)

var (
	errBadName = errors.New("the name of a worker must hold neither / nor %")
	// errNoPool: there is no such pool and it was not to be created.
	errNoPool = errors.New("there is no such work pool")
	// errPoolAnew: what the worker knows of the pool is not of the run's.
	errPoolAnew = errors.New("the work pool was deleted and made anew while the flow run was claimed")
)

// PoolTypeError says that the pool is not for this worker.
type PoolTypeError struct{ Pool, Type string }

func (e *PoolTypeError) Error() string {
	return fmt.Sprintf("work pool %q is of type %q: ecsctl runs workers for pools of type %q alone", e.Pool,
		e.Type, Type)
}

// discreetError is an error whose words may quote what a job resolved to: AWS repeats values
// that it refuses, and everybody who sees the run reads its state.
type discreetError struct {
	cause error
	text  string
}

func (e *discreetError) Error() string { return e.text }

// Unwrap gives the cause, for what is decided by its type.
func (e *discreetError) Unwrap() error { return e.cause }

// withoutSecrets is the error with stars for what came out of blocks and secret variables.
func withoutSecrets(job *jobtemplate.Job, err error) error {
	if err == nil {
		return nil
	}
	text := job.MaskText(err.Error())
	if text == err.Error() {
		return err
	}
	return &discreetError{err, text}
}

// discreetLog is a log whose lines have stars for the same: what AWS rejects and is asked again is
// told as well, and whoever reads a run's log need not be able to read its blocks.
func discreetLog(log *slog.Logger, job *jobtemplate.Job) *slog.Logger {
	return slog.New(&discreetHandler{log.Handler(), job})
}

type discreetHandler struct {
	slog.Handler
	job *jobtemplate.Job
}

// Handle implements slog.Handler.
func (h *discreetHandler) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, h.job.MaskText(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(h.mask(a))
		return true
	})
	return h.Handler.Handle(ctx, out)
}

// mask keeps what has no text of its own, such as numbers and times.
func (h *discreetHandler) mask(a slog.Attr) slog.Attr {
	switch value := a.Value.Resolve(); value.Kind() {
	case slog.KindString:
		return slog.String(a.Key, h.job.MaskText(value.String()))
	case slog.KindAny:
		if err, ok := value.Any().(error); ok {
			return slog.Any(a.Key, withoutSecrets(h.job, err))
		}
		return slog.String(a.Key, h.job.MaskText(fmt.Sprint(value.Any())))
	}
	return a
}

// WithAttrs implements slog.Handler.
func (h *discreetHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	masked := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		masked[i] = h.mask(a)
	}
	return &discreetHandler{h.Handler.WithAttrs(masked), h.job}
}

// WithGroup implements slog.Handler.
func (h *discreetHandler) WithGroup(name string) slog.Handler {
	return &discreetHandler{h.Handler.WithGroup(name), h.job}
}
