// Package runlog makes the loggers of flow runs, whose lines go to the worker's own log and, in
// batches, to the run's log in Prefect.
package runlog

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"ecsctl/prefect"
)

const (
	logInterval = 2 * time.Second // PREFECT_LOGGING_TO_API_BATCH_INTERVAL's default
	LogBatch    = 500             // lines in one call
	MaxLogLines = 20_000          // waiting to be sent; older ones are dropped
	MaxLogText  = 100_000         // of one line; servers refuse lines of a megabyte
	// of one call; Prefect's own client sends 4,000,000 at most (PREFECT_LOGGING_TO_API_BATCH_SIZE)
	maxLogCall = 3_900_000
	LastFlush  = 5 * time.Second // for what is left when the worker ends
)

// Shipper sends log lines to Prefect in batches. It never keeps anyone waiting: when
// Prefect is away for long, the oldest lines are lost, and counted.
type Shipper struct {
	api  *prefect.Client
	log  *slog.Logger // where its own trouble goes
	lost func(lines int)

	mu      sync.Mutex
	Lines   []prefect.Log
	Dropped int
	full    chan struct{} // has an element when a batch is full
}

// NewShipper returns a Shipper. It calls lost with the number of lines that it had to drop.
func NewShipper(api *prefect.Client, log *slog.Logger, lost func(lines int)) *Shipper {
	return &Shipper{api: api, log: log, lost: lost, full: make(chan struct{}, 1)}
}

// Add queues a line; a text that is too long is cut.
func (s *Shipper) Add(line prefect.Log) {
	if len(line.Message) > MaxLogText {
		line.Message = strings.ToValidUTF8(line.Message[:MaxLogText], "") + "..."
	}
	s.mu.Lock()
	s.Lines = append(s.Lines, line)
	s.trim()
	ready := len(s.Lines) >= LogBatch
	s.mu.Unlock()
	if !ready {
		return
	}
	select {
	case s.full <- struct{}{}:
	default: // somebody has said so already
	}
}

// trim drops the oldest lines beyond the limit; s.mu is held.
func (s *Shipper) trim() {
	if over := len(s.Lines) - MaxLogLines; over > 0 {
		s.Lines = append(s.Lines[:0:0], s.Lines[over:]...)
		s.Dropped += over
		s.lost(over)
	}
}

// Run sends until the context ends, and then what is left.
func (s *Shipper) Run(ctx context.Context) {
	ticker := time.NewTicker(logInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-s.full:
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), LastFlush)
			defer cancel()
			s.Flush(last)
			return
		}
		s.Flush(ctx)
	}
}

// Flush sends batches until the last, which is not full, or until one fails. Lines that
// come in meanwhile wait for the next time: sent at once they would be a call a line.
func (s *Shipper) Flush(ctx context.Context) {
	for {
		batch, full := s.take()
		if len(batch) == 0 {
			return
		}
		if err := s.api.CreateLogs(ctx, batch); err != nil {
			s.failed(ctx, batch, err)
			return
		}
		if !full {
			return
		}
	}
}

// take takes what goes into one call, and reports whether that is as much as one holds.
func (s *Shipper) take() (batch []prefect.Log, full bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Dropped > 0 {
		s.log.Warn("log lines were lost, because Prefect was away for long", "lines", s.Dropped)
		s.Dropped = 0
	}
	n := fitting(s.Lines)
	batch, full = s.Lines[:n:n], n == LogBatch || n < len(s.Lines)
	s.Lines = s.Lines[n:]
	return batch, full
}

// fitting is how many of the lines go into one call.
func fitting(lines []prefect.Log) int {
	size := 0
	for i := range min(len(lines), LogBatch) {
		if size += wireSize(lines[i]); size > maxLogCall && i > 0 {
			return i
		}
	}
	return min(len(lines), LogBatch)
}

// wireSize is how many bytes a line takes in a call, about. In JSON a character may take six.
func wireSize(line prefect.Log) int {
	const rest = 300 // ids, time, names
	if len(line.Message) < 1000 {
		return rest + 6*len(line.Message)
	}
	raw, err := json.Marshal(line.Message)
	if err != nil {
		return rest + 6*len(line.Message)
	}
	return rest + len(raw)
}

// failed keeps a batch that was certainly not stored. One that got no answer is not
// sent again: its lines might be there twice.
func (s *Shipper) failed(ctx context.Context, batch []prefect.Log, err error) {
	s.log.DebugContext(ctx, "failed to send log lines", "lines", len(batch), "error", err)
	if !notStored(err) {
		s.lost(len(batch))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Lines = append(batch, s.Lines...)
	s.trim()
}

func notStored(err error) bool {
	var dial *net.OpError
	return errors.Is(err, prefect.ErrBusy) || errors.As(err, &dial) && dial.Op == "dial"
}
