package worker

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"ecsctl/prefect"
	"ecsctl/sandbox/prefectapi"
	"ecsctl/worker/runlog"
)

// Of last lines that are too long the end is kept, where the exception is.
func TestTheLastLinesKeepTheirEnd(t *testing.T) {
	t.Parallel()
	var failing atomic.Int64
	s, api := shipperTo(t, &failing)
	log := (&runlog.Lines{Console: silence, Ship: s}).InPrefect(runlog.Run{ID: logRun, Name: "run"})
	lines := []string{"the first line"}
	for range 49 {
		lines = append(lines, strings.Repeat("é", 5000))
	}
	output{container: "prefect", from: "log group g, stream s",
		lines: append(lines, "ZeroDivisionError: division by zero")}.show(t.Context(), log)
	s.Flush(t.Context())
	got := stored(t, api)
	if len(got) != 1 {
		t.Fatalf("%d lines", len(got))
	}
	text := got[0].Message
	if !strings.HasSuffix(text, "ZeroDivisionError: division by zero") || !strings.HasPrefix(text,
		`the last lines of container "prefect" (log group g, stream s):`) || strings.ContainsRune(text, '\uFFFD') {
		t.Errorf("it begins with %q and ends with %q", text[:100], text[len(text)-100:])
	}
}

// A call is never larger than those of Prefect's own client, whatever the lines hold, and no line is lost.
func TestCallsWithLinesAreNotTooLarge(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"plain": strings.Repeat("x", 90_000), "escaped": strings.Repeat("\x01", 90_000),
		"short": strings.Repeat("\x01", 900),
	} {
		api := prefectapi.New()
		var largest atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			largest.Store(max(largest.Load(), r.ContentLength))
			api.ServeHTTP(w, r)
		}))
		client, err := prefect.New(prefect.Options{APIURL: server.URL + "/api", MaxRetries: -1})
		if err != nil {
			t.Fatal(err)
		}
		s := runlog.NewShipper(client, silence, func(int) {})
		log := (&runlog.Lines{Console: silence, Ship: s}).InPrefect(runlog.Run{ID: logRun, Name: "run"})
		for range 25 {
			log.Info(line)
		}
		s.Flush(t.Context())
		if got := len(stored(t, client)); got != 25 || largest.Load() > 4_000_000 {
			t.Errorf("%s: %d of 25 lines, the largest call has %d bytes", name, got, largest.Load())
		}
		server.Close()
	}
}
