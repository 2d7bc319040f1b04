package worker_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ecsctl/internal/pause"
	"ecsctl/prefect"
	"ecsctl/worker"
)

// A worker that has nothing to do asks little of its server, and still sees to what others
// want of it.
func TestAnIdleWorkerAsksLittle(t *testing.T) {
	t.Parallel()
	const most = 8 // a minute
	for _, version := range []string{"3.8.8", "2.20.26"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			inSimulatedTime(t, func(t *testing.T, o worldOptions) {
				o.version = version
				w := newWorld(t, o)
				d := w.deployment(nil)
				var mu sync.Mutex
				calls := map[string]int{}
				w.onPrefect(func(_ http.ResponseWriter, r *http.Request) bool {
					if !strings.Contains(r.Header.Get("Upgrade"), "websocket") {
						mu.Lock()
						defer mu.Unlock()
						calls[r.Method+" "+r.URL.Path]++
					}
					return false
				})
				w.start(func(o *worker.Options) {
					o.QueryInterval, o.HeartbeatInterval, o.SweepInterval, o.CancelInterval = 0, 0, 0, 0 // the defaults
				})
				rest(t, 5*time.Minute)
				mu.Lock()
				clear(calls)
				mu.Unlock()
				const minutes = 30
				rest(t, minutes*time.Minute)
				mu.Lock()
				sum := 0
				for _, n := range calls {
					sum += n
				}
				if sum > most*minutes || sum < 5*minutes {
					t.Errorf("%d calls in %d idle minutes: %v", sum, minutes, calls)
				}
				mu.Unlock()
				must(0, w.api.UpdateWorkPool(t.Context(), pool, prefect.WorkPoolUpdate{
					BaseJobTemplate: w.templateOf("edited"),
				}))(t)
				rest(t, time.Minute) // the channel tells of it with a heartbeat
				id := w.runs(d, 1)[0]
				w.awaitIn(time.Hour, id, prefect.Completed)
				if used := aws.ToString(w.tasks()[0].TaskDefinitionArn); !strings.Contains(used, "/edited:") {
					t.Errorf("the run was launched with %s: the pool had been edited", used)
				}
			})
		})
	}
}

func rest(t *testing.T, d time.Duration) {
	t.Helper()
	if err := pause.For(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}
