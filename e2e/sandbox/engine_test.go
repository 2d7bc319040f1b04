//go:build e2e && full

package sandbox

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/google/go-cmp/cmp"

	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/wiretap"
	"ecsctl/prefect"
)

//go:embed engine.py
var engineFlows string

const enginePool = "engine"

// engine is a pool whose runs real `prefect flow-run execute`s execute, for a real server.
type engine struct {
	*world
	client *prefect.Client
}

// What people and engines do to a run while its launch waits, and while it runs: each run is
// executed once, and none that was over.
func TestEngine(t *testing.T) {
	for _, venv := range []string{peers.Prefect39, peers.Prefect3, peers.Prefect2} {
		t.Run(venv, func(t *testing.T) {
			e := newEngine(t, venv)
			gate := e.shutGate()
			old := e.startWorker("old", "AWS_ENDPOINT_URL="+gate.aws, "PREFECT_API_URL="+gate.prefect+"/api")
			cancelled, retried := e.create("returns"), e.create("returns")
			gate.awaitRefusal(cancelled)
			gate.awaitRefusal(retried)
			gate.deaf.Store(true)
			e.startWorker("new")
			e.propose(retried, prefect.Failed, "")
			e.propose(retried, prefect.Scheduled, "AwaitingRetry") // as the UI's button does
			e.propose(cancelled, prefect.Cancelling, "")
			e.await(retried, "Completed")
			e.await(cancelled, "Cancelled")
			gate.opened.Store(true)
			e.must(syscall.Kill(old.PID(), syscall.SIGTERM))
			e.eventually("the old worker has ended", func() error { return ended(old) })

			hanging, failing := e.create("hangs"), e.create("fails_first")
			e.awaitAttempt(hanging)
			e.propose(hanging, prefect.Cancelling, "")
			e.await(hanging, "Cancelled")
			e.await(failing, "Completed")
			waiting := e.create("waits_to_retry")
			e.await(waiting, "AwaitingRetry")
			e.killContainers()
			e.await(waiting, "Crashed")

			e.want(cancelled, 0, 0, "Scheduled", "Pending", "Cancelling", "Cancelled")
			e.want(retried, 1, 1, "Scheduled", "Pending", "Failed", "AwaitingRetry", "Pending", "Running", "Completed")
			e.want(hanging, 1, 1, "Scheduled", "Pending", "Running", "Cancelling", "Cancelled")
			e.want(failing, 1, 2, "Scheduled", "Pending", "Running", "AwaitingRetry", "Running", "Completed")
			e.want(waiting, 1, 1, "Scheduled", "Pending", "Running", "AwaitingRetry", "Crashed")
		})
	}
}

func newEngine(t *testing.T, venv string) *engine {
	server := ownServer(t, venv)
	w := newWorldWith(t, venv, func(w *world) []string {
		return []string{"--prefect-api-url", server.URL, "--volume", w.home}
	})
	w.write("engine.py", engineFlows)
	_, err := ecs.NewFromConfig(w.config()).CreateCluster(t.Context(), &ecs.CreateClusterInput{})
	w.must(err)
	client, err := prefect.New(prefect.Options{APIURL: server.URL, MaxRetries: 20})
	w.must(err)
	template, err := client.WorkerTemplate(t.Context(), "ecs")
	w.must(err)
	_, err = client.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{
		Name: enginePool, Type: "ecs", BaseJobTemplate: template,
	})
	w.must(err)
	return &engine{world: w, client: client}
}

func (e *engine) create(flow string) (id string) {
	e.t.Helper()
	made, err := e.client.CreateFlow(e.t.Context(), strings.ReplaceAll(flow, "_", "-"))
	e.must(err)
	steps, err := json.Marshal([]any{map[string]any{
		"prefect.deployments.steps.set_working_directory": map[string]any{"directory": e.home},
	}})
	e.must(err)
	deployment, err := e.client.CreateDeployment(e.t.Context(), prefect.DeploymentCreate{
		Name: flow, FlowID: made.ID, WorkPoolName: enginePool, Entrypoint: "engine.py:" + flow, PullSteps: steps,
		JobVariables: json.RawMessage(`{"cpu": 256, "memory": 512, "cluster": "default"}`),
	})
	e.must(err)
	run, err := e.client.CreateFlowRun(e.t.Context(), deployment.ID, prefect.FlowRunCreate{})
	e.must(err)
	return run.ID
}

func (e *engine) startWorker(name string, env ...string) *peers.Process {
	e.t.Helper()
	cmd := exec.Command(shared.binary, "worker", "start", "--pool", enginePool, "--name", name,
		"--claim-grace", "10s")
	cmd.Env, cmd.Dir = e.environ("", append(env, "PREFECT_WORKER_QUERY_SECONDS=1")...), e.home
	process, err := peers.Start(cmd, filepath.Join(e.home, name+".log"))
	e.must(err)
	e.t.Cleanup(func() {
		process.Kill()
		if e.t.Failed() {
			e.t.Logf("the log of worker %s:\n%s", name, process.Tail())
		}
	})
	return process
}

func ended(p *peers.Process) error {
	select {
	case <-p.Done():
		return nil
	default:
		return fmt.Errorf("process %d goes on", p.PID())
	}
}

// engineGate stands between a worker and both of its servers. It throttles the worker's RunTasks
// until it is opened, and gives it no more runs once it is deaf.
type engineGate struct {
	e            *engine
	aws, prefect string // its URLs
	tap          *wiretap.Tap
	opened, deaf atomic.Bool
}

func (e *engine) shutGate() *engineGate {
	e.t.Helper()
	g := &engineGate{e: e, tap: &wiretap.Tap{}}
	g.tap.Inject(func(c wiretap.Call) *wiretap.Fault {
		if c.Operation != "ecs:RunTask" || g.opened.Load() {
			return nil
		}
		return &wiretap.Fault{Status: http.StatusBadRequest, ContentType: "application/x-amz-json-1.1",
			Body: `{"__type": "ThrottlingException", "message": "Rate exceeded"}`}
	})
	polls := &wiretap.Tap{}
	polls.Inject(func(c wiretap.Call) *wiretap.Fault {
		if !g.deaf.Load() || !strings.HasSuffix(c.Operation, "/get_scheduled_flow_runs") {
			return nil
		}
		return &wiretap.Fault{Status: http.StatusServiceUnavailable}
	})
	g.aws = e.proxy(g.tap, "AWS_ENDPOINT_URL", wiretap.AWS)
	g.prefect = e.proxy(polls, "PREFECT_API_URL", wiretap.Prefect)
	return g
}

// proxy is the URL of a tap in front of a server.
func (e *engine) proxy(tap *wiretap.Tap, server string, classify wiretap.Classify) string {
	e.t.Helper()
	url, closeProxy, err := tap.Proxy(strings.TrimSuffix(e.env[server], "/api"), classify, nil)
	e.must(err)
	e.t.Cleanup(closeProxy)
	return url
}

func (g *engineGate) awaitRefusal(run string) {
	g.e.t.Helper()
	g.e.eventually("the launch of "+run+" is throttled", func() error {
		for _, call := range g.tap.Tried() {
			if call.Operation == "ecs:RunTask" && strings.Contains(call.Body, run) {
				return nil
			}
		}
		return fmt.Errorf("there was no RunTask")
	})
}

func (e *engine) propose(id string, state prefect.StateType, name string) {
	e.t.Helper()
	result, err := e.client.SetFlowRunState(e.t.Context(), id, prefect.StateProposal{Type: state, Name: name})
	e.must(err)
	if result.Status != prefect.Accept && result.State.Type != prefect.Cancelled {
		e.t.Fatalf("the server answered %s: %s", result.Status, result.Reason)
	}
}

func (e *engine) await(id, state string) {
	e.t.Helper()
	e.eventually("flow run "+id+" is "+state, func() error {
		run, err := e.client.ReadFlowRun(e.t.Context(), id)
		e.must(err)
		if run.StateName != state {
			return fmt.Errorf("it is %s", run.StateName)
		}
		return nil
	})
}

// killContainers kills all processes of all tasks: only the sandbox starts them.
func (e *engine) killContainers() {
	for _, pid := range descendants(e.process.PID()) {
		_ = syscall.Kill(pid, syscall.SIGKILL) // some end with others
	}
}

// want checks a run's states, and how many processes made how many attempts at it.
func (e *engine) want(id string, processes, attempts int, states ...string) {
	e.t.Helper()
	got, err := e.client.FlowRunStates(e.t.Context(), id)
	e.must(err)
	var names []string
	for _, state := range got {
		switch state.Name {
		case "Late", "Submitting": // the latter is Prefect 3's alone
		case "Retrying": // another name of Running
			names = append(names, "Running")
		default:
			names = append(names, state.Name)
		}
	}
	names = slices.Compact(names) // two workers may both have seen to a Cancelling run
	if diff := cmp.Diff(states, names); diff != "" {
		e.t.Errorf("flow run %s (-want +got):\n%s", id, diff)
	}
	made := e.attempts(id)
	n := len(made)
	slices.Sort(made)
	if by := len(slices.Compact(made)); n != attempts || by != processes {
		e.t.Errorf("%d attempts by %d processes at flow run %s, want %d by %d", n, by, id, attempts, processes)
	}
}

// attempts are the processes that made the attempts at a run.
func (e *engine) attempts(id string) (processes []string) {
	e.t.Helper()
	text, err := os.ReadFile(filepath.Join(e.home, "attempts"))
	if !errors.Is(err, fs.ErrNotExist) {
		e.must(err)
	}
	for line := range strings.Lines(string(text)) {
		if run, process, _ := strings.Cut(strings.TrimSpace(line), " "); run == id {
			processes = append(processes, process)
		}
	}
	return processes
}

// awaitAttempt waits until the flow has begun: the run is Running before.
func (e *engine) awaitAttempt(id string) {
	e.t.Helper()
	e.eventually("flow run "+id+" is attempted", func() error {
		if len(e.attempts(id)) == 0 {
			return errors.New("not yet")
		}
		return nil
	})
}
