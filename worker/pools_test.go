package worker_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"ecsctl/prefect"
	"ecsctl/worker"
)

// poolsOf starts a worker of several pools.
func (w *world) poolsOf(o worker.Options, pools ...worker.PoolOptions) (*worker.Pools, func() error) {
	w.t.Helper()
	o.Prefect, o.AWS, o.Logger = w.client(), w.aws, testLogger(w.t)
	o.QueryInterval, o.HeartbeatInterval = 100*time.Millisecond, 200*time.Millisecond
	o.SweepInterval, o.Settings = 50*time.Millisecond, map[string]string{"PREFECT_API_URL": w.server.PrefectAPIURL()}
	made := must(worker.NewPools(o, pools))(w.t)
	ctx, cancel := context.WithCancel(context.Background())
	stop, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- made.Run(ctx, stop); close(ended) }()
	w.t.Cleanup(func() { cancel(); <-ended })
	return made, func() error { close(stop); return <-ended }
}

// ask returns the answer of the worker's port.
func ask(t *testing.T, url string) (status int, body string) {
	t.Helper()
	response := must(http.Get(url))(t)
	defer response.Body.Close()
	return response.StatusCode, string(must(io.ReadAll(response.Body))(t))
}

// One worker has its name in each pool, one queue with the changes of all their tasks, metrics for
// each pool, and one health check that is well when all pools are.
func TestSeveralPools(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.observer(10)
	first := w.deployment(nil)
	const missing = "missing"
	o := worker.Options{Name: "shared", HealthAddress: "127.0.0.1:0", Metrics: true, NoPoolCreate: true}
	listens(&o)
	made, stop := w.poolsOf(o, worker.PoolOptions{Pool: pool, ObserverQueue: queueName},
		worker.PoolOptions{Pool: missing, ObserverQueue: queueName})
	url := func(path string) string { return "http://" + made.HealthAddress() + path }
	eventually(t, "the worker to be online", func() bool { // it listens by then
		return len(must(w.api.OnlineWorkers(t.Context(), pool))(t)) > 0
	})
	var ready string
	eventually(t, "the first pool to be served", func() bool {
		_, ready = ask(t, url("/ready"))
		return strings.Contains(ready, missing) && !strings.Contains(ready, `\"`+pool+`\"`)
	})
	if !strings.Contains(ready, `work pool \"missing\": the work pool is not known yet`) {
		t.Errorf("/ready says %s", ready)
	}
	template := must(w.api.WorkerTemplate(t.Context(), "ecs"))(t)
	must(w.api.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{
		Name: missing, Type: "ecs", BaseJobTemplate: template}))(t)
	second := must(w.api.CreateDeployment(t.Context(), prefect.DeploymentCreate{
		Name: "second", FlowID: first.FlowID, WorkPoolName: missing}))(t)
	ids := append(w.runs(first, 3), w.runs(second, 3)...)
	for _, id := range ids {
		w.await(id, prefect.Completed)
	}
	for _, name := range []string{pool, missing} {
		workers := must(w.api.OnlineWorkers(t.Context(), name))(t)
		if len(workers) != 1 || workers[0].Name != "shared" {
			t.Errorf("pool %s has workers %v", name, workers)
		}
		for _, line := range []string{
			`launches_total{pool=%q,result="ok"} 3`, `endings_total{pool=%q,verdict="fine"} 3`,
			`tracked_runs{phase="launched",pool=%q} 0`,
		} {
			want := "ecsctl_worker_" + fmt.Sprintf(line, name)
			eventually(t, want, func() bool {
				_, shown := ask(t, url("/metrics"))
				return strings.Contains(shown, want)
			})
		}
	}
	for _, path := range []string{"/health", "/ready"} {
		if status, body := ask(t, url(path)); status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if err := stop(); err != nil {
		t.Errorf("the worker ended: %v", err)
	}
}

// A pool that cannot be served ends the worker, instead of leaving half of one.
func TestPoolOfAnotherType(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.deployment(nil)
	must(w.api.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: "local", Type: "process"}))(t)
	made := must(worker.NewPools(worker.Options{Prefect: w.client(), AWS: w.aws, Logger: testLogger(t)},
		[]worker.PoolOptions{{Pool: pool}, {Pool: "local"}}))(t)
	err := made.Run(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), `work pool "local" cannot be served: `) {
		t.Errorf("got %v", err)
	}
}
