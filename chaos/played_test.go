package chaos_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/internal/pipenet"
	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
	"ecsctl/worker"
)

// played is a world within simulated time: the network is made of pipes, and the
// containers are played by functions. What the worker does is real.
type played struct {
	t       *testing.T
	line    *pipenet.Network
	server  *sandbox.Server
	api     *prefect.Client // meets the faults, as everybody does
	clients []*http.Client

	mu       sync.Mutex
	executed map[string]int       // by run
	began    map[string]time.Time // the last execution
}

// playedAgent is what the tests and the containers call themselves.
const playedAgent = "chaos"

func newPlayed(t *testing.T, o sandbox.Options) *played {
	t.Helper()
	w := &played{t: t, line: pipenet.New(), executed: map[string]int{}, began: map[string]time.Time{}}
	o.Listener = w.line
	if o.PrefectAPI == nil {
		o.PrefectAPI = prefectapi.New()
	}
	if o.Functions == nil {
		o.Functions = map[string]sandbox.Function{"prefecthq/*": w.execute}
	}
	w.server = must(sandbox.Start(o))(t)
	w.api = w.prefect()
	t.Cleanup(w.close)
	must(ecs.NewFromConfig(w.aws()).CreateCluster(t.Context(), &ecs.CreateClusterInput{}))(t)
	w.makePool(pool)
	return w
}

func (w *played) makePool(name string) {
	w.t.Helper()
	template := must(w.api.WorkerTemplate(w.t.Context(), "ecs"))(w.t)
	must(w.api.CreateWorkPool(w.t.Context(), prefect.WorkPoolCreate{
		Name: name, Type: "ecs", BaseJobTemplate: template,
	}))(w.t)
}

// close leaves no goroutine: a bubble of simulated time waits for them all.
func (w *played) close() {
	w.hangUp()
	if err := w.server.Close(); err != nil {
		w.t.Error(err)
	}
	w.hangUp()
}

func (w *played) hangUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.clients {
		c.CloseIdleConnections()
	}
}

func (w *played) client() *http.Client {
	c := w.line.Client()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clients = append(w.clients, c)
	return c
}

func (w *played) prefect() *prefect.Client {
	return must(prefect.New(prefect.Options{
		APIURL: w.server.PrefectAPIURL(), HTTPClient: w.client(), UserAgent: playedAgent,
	}))(w.t)
}

func (w *played) aws() aws.Config {
	cfg := w.server.Config()
	cfg.HTTPClient = w.client()
	return cfg
}

func (w *played) execute(ctx context.Context, env []string) int {
	return execute(ctx, env, w.api, func(id string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.executed[id]++
		w.began[id] = time.Now()
	})
}

// runs makes so many runs that live so, and returns their ids.
func (w *played) runs(name string, n int, l life) []string {
	w.t.Helper()
	return w.runsIn(pool, name, n, l)
}

func (w *played) runsIn(pool, name string, n int, l life) []string {
	w.t.Helper()
	ctx := w.t.Context()
	flow := must(w.api.CreateFlow(ctx, "flow"))(w.t)
	d := must(w.api.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: name, FlowID: flow.ID, WorkPoolName: pool, JobVariables: l.variables(w.t),
	}))(w.t)
	var ids []string
	for range n {
		ids = append(ids, must(w.api.CreateFlowRun(ctx, d.ID, prefect.FlowRunCreate{}))(w.t).ID)
	}
	return ids
}

// start runs a worker with the default times; stop ends it.
func (w *played) start(change func(*worker.Options)) (stop func()) {
	w.t.Helper()
	o := worker.Options{
		Prefect: w.prefect(), AWS: w.aws(), Pool: pool, Name: "worker",
		Settings: map[string]string{"PREFECT_API_URL": w.server.PrefectAPIURL()},
	}
	if change != nil {
		change(&o)
	}
	stop, _ = w.serve(must(worker.New(o))(w.t).Run)
	return stop
}

// serve runs a worker. stop ends it as ECS does, kill at once.
func (w *played) serve(run func(context.Context, <-chan struct{}) error) (stop, kill func()) {
	ctx, cancel := context.WithCancel(context.Background())
	halt, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- run(ctx, halt) }()
	end := func(by func()) {
		by()
		if err := <-ended; err != nil && ctx.Err() == nil {
			w.t.Errorf("the worker ended: %v", err)
		}
		cancel()
	}
	return func() { end(func() { close(halt) }) }, func() { end(cancel) }
}

// census is the type of each run's state, by id.
type census map[string]prefect.StateType

func (w *played) census() census {
	w.t.Helper()
	out := census{}
	for _, run := range must(w.api.FilterFlowRuns(w.t.Context(), prefect.FlowRunFilter{}))(w.t) {
		out[run.ID] = run.StateType
	}
	return out
}

// of counts runs by the types of their states.
func (c census) of(ids []string) map[prefect.StateType]int {
	out := map[prefect.StateType]int{}
	for _, id := range ids {
		out[c[id]]++
	}
	return out
}

// all reports whether all of the runs are in states of that type.
func (c census) all(ids []string, state prefect.StateType) bool { return c.of(ids)[state] == len(ids) }

// executions counts how many of the runs were executed how often.
func (w *played) executions(ids []string) map[int]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[int]int{}
	for _, id := range ids {
		out[w.executed[id]]++
	}
	return out
}
