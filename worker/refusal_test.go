package worker_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ecsctl/prefect"
	"ecsctl/sandbox/prefectapi"
	"ecsctl/worker"
)

// A key that was rotated is refused for good: the worker is not well, and ends with the reason, so
// that its service starts another one, which gets the new key.
func TestAKeyThatIsRefusedForGood(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden} {
		for name, o := range poolServers() {
			t.Run(http.StatusText(status)+"/"+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, o)
				w.deployment(nil)
				made := must(worker.New(worker.Options{
					Prefect: w.client(), AWS: w.aws, Pool: pool, QueryInterval: 50 * time.Millisecond,
					HeartbeatInterval: 100 * time.Millisecond,
					KeyPatience:       2 * time.Second, HealthAddress: "127.0.0.1:0", Logger: testLogger(t),
				}))(t)
				ended := make(chan error, 1)
				go func() { ended <- made.Run(t.Context(), nil) }()
				waitPolls(t, w, 3)
				var refused atomic.Bool
				w.onPrefect(func(rw http.ResponseWriter, _ *http.Request) bool {
					if refused.Load() {
						rw.Header().Set("Content-Type", "application/json")
						rw.WriteHeader(status)
						_, _ = io.WriteString(rw, `{"exception_message": "Unauthorized"}`)
					}
					return refused.Load()
				})
				refused.Store(true)
				unwell := false
				for {
					select {
					case err := <-ended:
						if err == nil || !strings.Contains(err.Error(), "has refused the worker for 2s") || !unwell {
							t.Errorf("the worker ended with %v; was not well: %t", err, unwell)
						}
						return
					case <-time.After(50 * time.Millisecond):
						err := worker.CheckHealth(context.Background(), made.HealthAddress(), "/health")
						unwell = unwell || err != nil && strings.Contains(err.Error(), "is unhealthy")
					}
				}
			})
		}
	}
}

// For a moment it may be refused: a server that restarts behind a proxy.
func TestAKeyThatIsRefusedForAMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	d := w.deployment(nil)
	var refusals atomic.Int64
	w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.UserAgent() != workerAgent || !strings.HasSuffix(r.URL.Path, "/get_scheduled_flow_runs") ||
			refusals.Add(1) > 3 {
			return false
		}
		rw.WriteHeader(http.StatusForbidden)
		return true
	})
	w.start(func(o *worker.Options) { o.Prefect = w.clientOf(workerAgent) })
	w.await(w.runs(d, 1)[0], prefect.Completed)
}

// A key that was kept with the end of its line works as its owner meant it.
func TestAKeyWithTheEndOfItsLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{prefect: []prefectapi.Option{prefectapi.WithAPIKey("the-key")}})
	settings := must(prefect.Discover([]string{"PREFECT_API_KEY=the-key\n", "PREFECT_API_URL=" +
		w.server.PrefectAPIURL(), "HOME=" + t.TempDir()}, t.TempDir(), prefect.Overrides{}))(t)
	if warnings := strings.Join(settings.Warnings(), "\n"); !strings.Contains(warnings,
		"PREFECT_API_KEY begins or ends with white space") || strings.Contains(warnings, "the-key") {
		t.Errorf("the warnings are %q", warnings)
	}
	api := must(prefect.New(must(settings.ClientOptions())(t)))(t)
	if _, err := api.Workers(t.Context(), "none"); err == nil || strings.Contains(err.Error(), "401") {
		t.Errorf("got %v", err)
	}
	_, err := prefect.New(prefect.Options{APIURL: w.server.PrefectAPIURL(), APIKey: "two\nlines"})
	if err == nil || !strings.Contains(err.Error(), "API key holds a line's end") ||
		strings.Contains(err.Error(), "lines\"") {
		t.Errorf("got %v", err)
	}
}
