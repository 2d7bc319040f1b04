package prefect_test

import (
	"sync/atomic"
	"testing"
	"time"

	"ecsctl/prefect"
	"ecsctl/sandbox/prefectapi"
)

// A worker that has missed three heartbeats is not online, also for
// Prefect 2, which lists it whatever it is asked for.
func TestOnlineWorkers(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.8.8", "2.20.26"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			var later atomic.Int64 // nanoseconds
			clock := prefectapi.WithClock(func() time.Time { return time.Now().Add(time.Duration(later.Load())) })
			c := client(t, prefectapi.New(prefectapi.WithVersion(version), clock), prefect.Options{})
			if _, err := c.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: "p", Type: "ecs"}); err != nil {
				t.Fatal(err)
			}
			beat := func(name string) {
				if _, err := c.Heartbeat(t.Context(), "p", prefect.Heartbeat{
					Name: name, IntervalSeconds: 30,
				}); err != nil {
					t.Fatal(err)
				}
			}
			beat("gone")
			later.Store(int64(91 * time.Second))
			beat("alive")
			workers, err := c.OnlineWorkers(t.Context(), "p")
			if err != nil {
				t.Fatal(err)
			}
			if len(workers) != 1 || workers[0].Name != "alive" {
				t.Errorf("got %+v", workers)
			}
		})
	}
}
