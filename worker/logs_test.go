package worker

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"ecsctl/prefect"
	"ecsctl/sandbox/prefectapi"
	"ecsctl/worker/runlog"
)

// shipperTo is a shipper to an API that fails as long as it is told to.
func shipperTo(t *testing.T, failing *atomic.Int64) (*runlog.Shipper, *prefect.Client) {
	t.Helper()
	api := prefectapi.New()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status := failing.Load(); status != 0 && r.Method == http.MethodPost && r.URL.Path == "/api/logs/" {
			w.WriteHeader(int(status))
			return
		}
		api.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	client, err := prefect.New(prefect.Options{APIURL: server.URL + "/api", MaxRetries: -1})
	if err != nil {
		t.Fatal(err)
	}
	return runlog.NewShipper(client, silence, func(int) {}), client
}

const logRun = "7d0d7b5a-8f1c-4b9e-9f0a-3d1b6f0a2c11"

func stored(t *testing.T, api *prefect.Client) []prefect.Log {
	t.Helper()
	lines, err := api.FlowRunLogs(t.Context(), logRun)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestLinesThatWereRefusedAreSentAgain(t *testing.T) {
	t.Parallel()
	var failing atomic.Int64
	failing.Store(http.StatusServiceUnavailable)
	s, api := shipperTo(t, &failing)
	log := (&runlog.Lines{Console: silence, Ship: s}).Of(runlog.Run{ID: logRun, Name: "run"})
	for i := range 3 {
		log.Info(fmt.Sprintf("line %d", i))
	}
	s.Flush(t.Context())
	log.Warn("last", "reason", "it is over")
	failing.Store(0)
	s.Flush(t.Context())
	lines := stored(t, api)
	if len(lines) != 4 || lines[0].Message != "line 0" || lines[3].Message != "last (reason: it is over)" ||
		lines[3].Level != prefect.LevelWarning {
		t.Errorf("got %+v", lines)
	}
}

// Whoever logs is never kept waiting, and memory is bounded: the oldest lines go.
func TestTooManyLines(t *testing.T) {
	t.Parallel()
	var failing atomic.Int64
	s, _ := shipperTo(t, &failing)
	for i := range runlog.MaxLogLines + 10 {
		s.Add(prefect.Log{Message: fmt.Sprint(i)})
	}
	if len(s.Lines) != runlog.MaxLogLines || s.Lines[0].Message != "10" || s.Dropped != 10 {
		t.Errorf("%d lines, the first is %q, %d dropped", len(s.Lines), s.Lines[0].Message, s.Dropped)
	}
}

func TestDebugLinesStayHere(t *testing.T) {
	t.Parallel()
	var failing atomic.Int64
	s, _ := shipperTo(t, &failing)
	log := (&runlog.Lines{Console: silence, Ship: s}).Of(runlog.Run{ID: logRun, Name: "run"})
	log.Debug("nothing for the run's log")
	if len(s.Lines) != 0 {
		t.Errorf("got %+v", s.Lines)
	}
}

func TestLineText(t *testing.T) {
	t.Parallel()
	var failing atomic.Int64
	s, _ := shipperTo(t, &failing)
	handler := (&runlog.Lines{
		Console: silence, Ship: s,
	}).Of(runlog.Run{ID: logRun, Name: "run"}).Handler().WithAttrs([]slog.Attr{slog.String("cluster", "c")})
	slog.New(handler).Error("failed", "error", errors.New("no"), "key", prefect.Secret("hidden"))
	if got := s.Lines[0].Message; got != "failed (cluster: c, error: no, key: ********)" {
		t.Errorf("got %q", got)
	}
}

// Lines that come in while others are sent wait for the next time: a busy worker must not
// make a call for each line.
func TestLinesAreSentInBatches(t *testing.T) {
	t.Parallel()
	var s *runlog.Shipper
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls++; calls < 10 {
			s.Add(prefect.Log{Message: "meanwhile"})
		}
		w.WriteHeader(http.StatusCreated)
	}))
	t.Cleanup(server.Close)
	api, err := prefect.New(prefect.Options{APIURL: server.URL + "/api", MaxRetries: -1})
	if err != nil {
		t.Fatal(err)
	}
	s = runlog.NewShipper(api, silence, func(int) {})
	for range runlog.LogBatch + 1 {
		s.Add(prefect.Log{Message: "line"})
	}
	s.Flush(t.Context())
	if calls != 2 || len(s.Lines) != 1 {
		t.Errorf("%d calls, %d lines are left; want 2 and 1", calls, len(s.Lines))
	}
}
