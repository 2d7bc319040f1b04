package worker_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/executable"
	"ecsctl/internal/pipenet"
	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
	"ecsctl/worker"
)

const pool = "pool"

// world is an account and a Prefect server, played by a sandbox.
type world struct {
	t       *testing.T
	server  *sandbox.Server
	api     *prefect.Client
	ecs     *ecs.Client
	prefect *prefectapi.API
	aws     aws.Config

	network *pipenet.Network // of a world in simulated time
	mu      sync.Mutex
	clients []*http.Client // over the network

	// intercept answers a call of the Prefect API in the server's place, or does not.
	intercept atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
}

type worldOptions struct {
	version string // of the Prefect server; default 3.8.8
	prefect []prefectapi.Option
	sandbox sandbox.Options
	network *pipenet.Network // nil is loopback
}

// inSimulatedTime runs a test in a bubble of testing/synctest. Its worlds need the network that
// worldOptions name; functions of this program play their containers.
func inSimulatedTime(t *testing.T, test func(t *testing.T, o worldOptions)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, worldOptions{network: pipenet.New()}) })
}

func newWorld(t *testing.T, o worldOptions) *world {
	t.Helper()
	w := &world{t: t, network: o.network}
	if o.version == "" {
		o.version = "3.8.8"
	}
	prefectServer := prefectapi.New(append(o.prefect, prefectapi.WithVersion(o.version))...)
	w.prefect = prefectServer
	o.sandbox.PrefectAPI = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if hook := w.intercept.Load(); hook != nil && (*hook)(rw, r) {
			return
		}
		prefectServer.ServeHTTP(rw, r)
	})
	switch {
	case w.network != nil:
		o.sandbox.Listener, o.sandbox.Functions = w.network, map[string]sandbox.Function{"prefecthq/*": w.play}
	case o.sandbox.Images == nil:
		o.sandbox.Images = map[string]string{"prefecthq/*": imageDir(t)}
	}
	server, err := sandbox.Start(o.sandbox)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.hangUp()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		w.hangUp()
	})
	w.server = server
	w.api = w.client()
	w.aws = server.Config()
	if w.network != nil {
		w.aws.HTTPClient = w.wire()
	}
	w.ecs = ecs.NewFromConfig(w.aws)
	must(w.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{}))(t)
	return w
}

func (w *world) client() *prefect.Client {
	return must(prefect.New(prefect.Options{APIURL: w.server.PrefectAPIURL(), HTTPClient: w.wire()}))(w.t)
}

// wire is the client that finds the sandbox; nil is any.
func (w *world) wire() *http.Client {
	if w.network == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	client := w.network.Client()
	w.clients = append(w.clients, client)
	return client
}

// web is for calls of the test's own.
func (w *world) web() *http.Client {
	if w.network == nil {
		return http.DefaultClient
	}
	return w.wire()
}

// hangUp leaves no goroutine: a bubble of simulated time waits for them all.
func (w *world) hangUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, client := range w.clients {
		client.CloseIdleConnections()
	}
}

// imageDir is an image whose programs execute flow runs.
func imageDir(t *testing.T) string {
	t.Helper()
	binary, dir := must(flowRunProgram())(t), t.TempDir()
	for _, program := range programs {
		if err := os.Symlink(binary, filepath.Join(dir, program)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// idleImage is an image whose prefect does nothing for a minute.
func idleImage(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	if err := executable.Write(filepath.Join(dir, "prefect"), []byte("#!/bin/sh\nexec sleep 600\n")); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"prefecthq/*": dir}
}

// onPrefect sets the intercept.
func (w *world) onPrefect(hook func(http.ResponseWriter, *http.Request) bool) {
	w.intercept.Store(&hook)
}

// deployment makes pool, flow and deployment with the variables.
func (w *world) deployment(variables map[string]any) *prefect.Deployment {
	w.t.Helper()
	template := must(w.api.WorkerTemplate(w.t.Context(), "ecs"))(w.t)
	return w.deploymentOf(template, variables)
}

func (w *world) deploymentOf(template json.RawMessage, variables map[string]any) *prefect.Deployment {
	w.t.Helper()
	ctx := w.t.Context()
	must(w.api.CreateWorkPool(ctx, prefect.WorkPoolCreate{Name: pool, Type: "ecs", BaseJobTemplate: template}))(w.t)
	return w.another("deployment", variables)
}

// another makes a deployment of the pool.
func (w *world) another(name string, variables map[string]any) *prefect.Deployment {
	w.t.Helper()
	ctx := w.t.Context()
	flow := must(w.api.CreateFlow(ctx, "flow"))(w.t)
	raw := must(json.Marshal(variables))(w.t)
	return must(w.api.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: name, FlowID: flow.ID, WorkPoolName: pool, JobVariables: raw,
	}))(w.t)
}

func (w *world) runs(d *prefect.Deployment, n int) []string {
	w.t.Helper()
	var ids []string
	for range n {
		ids = append(ids, must(w.api.CreateFlowRun(w.t.Context(), d.ID, prefect.FlowRunCreate{}))(w.t).ID)
	}
	return ids
}

// started is a worker that runs.
type started struct {
	*worker.Worker
	stop  func()        // the first signal
	kill  func()        // everything at once
	ended chan struct{} // closed when Run has returned
}

// start starts a worker with short intervals; it ends with the test.
func (w *world) start(change func(*worker.Options)) *started {
	w.t.Helper()
	o := worker.Options{
		Prefect: w.client(), AWS: w.aws, Pool: pool, Name: "w1",
		QueryInterval: 100 * time.Millisecond, HeartbeatInterval: time.Second,
		SweepInterval: 50 * time.Millisecond, CancelInterval: 50 * time.Millisecond,
		Patience: time.Hour, Settings: map[string]string{"PREFECT_API_URL": w.server.PrefectAPIURL()},
		Logger: testLogger(w.t),
	}
	if change != nil {
		change(&o)
	}
	made := must(worker.New(o))(w.t)
	stop := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	out := &started{Worker: made, ended: make(chan struct{}), kill: cancel}
	var once atomic.Bool
	out.stop = func() {
		if once.CompareAndSwap(false, true) {
			close(stop)
		}
	}
	go func() {
		defer close(out.ended)
		if err := made.Run(ctx, stop); err != nil && ctx.Err() == nil {
			w.t.Errorf("the worker ended: %v", err)
		}
	}()
	w.t.Cleanup(func() { cancel(); <-out.ended })
	return out
}

// await waits until the run is in the state.
func (w *world) await(id string, state prefect.StateType) *prefect.FlowRun {
	w.t.Helper()
	return w.awaitIn(5*time.Minute, id, state)
}

func (w *world) awaitIn(limit time.Duration, id string, state prefect.StateType) *prefect.FlowRun {
	w.t.Helper()
	var run *prefect.FlowRun
	eventuallyIn(w.t, limit, "the run to be "+string(state), func() bool {
		run = must(w.api.ReadFlowRun(w.t.Context(), id))(w.t)
		if run.StateType.Terminal() && run.StateType != state {
			w.t.Fatalf("the run is %s: %s", run.StateName, run.State.Message)
		}
		return run.StateType == state
	})
	return run
}

// launched reports whether Prefect knows the run's task.
func (w *world) launched(id string) bool {
	return must(w.api.ReadFlowRun(w.t.Context(), id))(w.t).InfrastructurePID != ""
}

// awaitLaunched is await, and Prefect knows the run's task: a task may be quicker than its worker.
func (w *world) awaitLaunched(id string, state prefect.StateType) *prefect.FlowRun {
	w.t.Helper()
	w.await(id, state)
	eventually(w.t, "Prefect to know the task", func() bool { return w.launched(id) })
	return must(w.api.ReadFlowRun(w.t.Context(), id))(w.t)
}

// tasks are all tasks of the default cluster.
func (w *world) tasks() []types.Task {
	w.t.Helper()
	var arns []string
	for _, status := range []types.DesiredStatus{types.DesiredStatusRunning, types.DesiredStatusStopped} {
		pages := ecs.NewListTasksPaginator(w.ecs, &ecs.ListTasksInput{DesiredStatus: status})
		for pages.HasMorePages() {
			arns = append(arns, must(pages.NextPage(w.t.Context()))(w.t).TaskArns...)
		}
	}
	// A task that stops between the two lists is in both.
	slices.Sort(arns)
	arns = slices.Compact(arns)
	var out []types.Task
	for len(arns) > 0 {
		n := min(100, len(arns))
		out = append(out, must(w.ecs.DescribeTasks(w.t.Context(), &ecs.DescribeTasksInput{Tasks: arns[:n]}))(
			w.t).Tasks...)
		arns = arns[n:]
	}
	return out
}

// calls counts the calls of an action that reached ECS.
func (w *world) calls(operation string) int {
	n := 0
	for _, call := range w.server.Calls() {
		if call.Operation == operation {
			n++
		}
	}
	return n
}
