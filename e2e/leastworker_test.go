//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ecsctl/e2e/peers"
	"ecsctl/prefect"
	"ecsctl/templates"
)

// moments at which a worker misses a statement of its role's policy.
const (
	atStart  = "start"
	atLaunch = "launch" // the run's state says so
	atCancel = "cancel"
)

// missedInMoto are the statements that moto can tell of. Left out are those that it does
// not ask for (tags, roles that are handed on), those for what another worker or a crash
// leaves, and ReadNetworks, which a pool with subnets in its template, as bootstrap makes
// it, needs no more, and the two for RegisterTaskDefinition, of which it takes either.
// worker/leastprivilege_test.go has them all.
var missedInMoto = []struct{ sid, action, when string }{
	{"ReadTaskChanges", "sqs:GetQueueUrl", atStart},
	{"RunFlowRunTasks", "ecs:RunTask", atLaunch},
	{"WatchAndStopTasks", "ecs:StopTask", atCancel},
}

// TestExactlyTheWorkersPolicy has our worker launch, follow and cancel with what
// `ecsctl policy worker` prints, where moto's IAM counts, and then with one statement less.
func TestExactlyTheWorkersPolicy(t *testing.T) {
	strict, err := peers.StartMoto(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(strict.Kill)
	if err := strict.KeepTasksRunning(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("all of it", func(t *testing.T) {
		g := newGuardedWorker(t, strict, "")
		g.enforced(func() {
			process := g.startWorker()
			g.awaitTask()
			g.cancel()
			g.awaitState(prefect.Cancelled)
			if said := process.Tail(); strings.Contains(said, "not authorized") {
				t.Errorf("the worker missed a right:\n%s", said)
			}
		})
	})
	for _, missed := range missedInMoto {
		t.Run("without "+missed.sid, func(t *testing.T) {
			g := newGuardedWorker(t, strict, missed.sid)
			g.enforced(func() { g.misses(missed.sid, missed.action, missed.when) })
		})
	}
}

// guardedWorker is a pool with one flow run, whose worker is a user of the account.
type guardedWorker struct {
	*guarded
	api *prefect.Client
	run string
}

func newGuardedWorker(t *testing.T, strict *peers.Moto, withheld string) *guardedWorker {
	t.Helper()
	g := &guardedWorker{guarded: newGuarded(t, strict, "worker")}
	g.asOwner(func() { g.bootstrap() })
	g.may(slices.DeleteFunc(g.policy("worker"), func(s templates.Statement) bool { return s.Sid == withheld }))
	var err error
	g.api, err = prefect.New(prefect.Options{APIURL: all.Prefect3.URL})
	g.must(err)
	flow, err := g.api.CreateFlow(t.Context(), "flow")
	g.must(err)
	variables, err := json.Marshal(map[string]any{"image": "busybox:1"})
	g.must(err)
	deployment, err := g.api.CreateDeployment(t.Context(), prefect.DeploymentCreate{
		Name: g.pool, FlowID: flow.ID, WorkPoolName: g.pool, JobVariables: variables,
	})
	g.must(err)
	run, err := g.api.CreateFlowRun(t.Context(), deployment.ID, prefect.FlowRunCreate{})
	g.must(err)
	g.run = run.ID
	return g
}

func (g *guardedWorker) startWorker() *peers.Process {
	g.t.Helper()
	cmd := exec.Command(all.Binary, "worker", "start", "--pool", g.pool, "--observer-queue", "prefect-"+g.pool)
	cmd.Dir = g.home
	cmd.Env = append(slices.Clone(g.env), "PREFECT_HOME="+g.home, "PREFECT_WORKER_QUERY_SECONDS=1",
		"ECSCTL_CLAIM_GRACE=2s")
	process, err := peers.Start(cmd, filepath.Join(g.home, "worker.log"))
	g.must(err)
	g.t.Cleanup(func() {
		process.Kill()
		if g.t.Failed() {
			g.t.Logf("the worker's log:\n%s", process.Tail())
		}
	})
	return process
}

func (g *guardedWorker) cancel() {
	g.t.Helper()
	_, err := g.api.SetFlowRunState(g.t.Context(), g.run, prefect.StateProposal{Type: prefect.Cancelling, Force: true})
	g.must(err)
}

func (g *guardedWorker) awaitTask() {
	g.t.Helper()
	g.eventually("the run has a task", func() error {
		run, err := g.api.ReadFlowRun(g.t.Context(), g.run)
		if err == nil && run.InfrastructurePID == "" {
			err = fmt.Errorf("it is %s: %s", run.StateName, run.State.Message)
		}
		return err
	})
}

func (g *guardedWorker) awaitState(want prefect.StateType) string {
	g.t.Helper()
	message := ""
	g.eventually("the run is "+string(want), func() error {
		run, err := g.api.ReadFlowRun(g.t.Context(), g.run)
		if err == nil && run.StateType != want {
			err = fmt.Errorf("it is %s: %s", run.StateName, run.State.Message)
		}
		if err == nil {
			message = run.State.Message
		}
		return err
	})
	return message
}

// misses waits until the run's state, or else the log, names the action and the statement.
func (g *guardedWorker) misses(sid, action, when string) {
	g.t.Helper()
	process := g.startWorker()
	said := func() string { return process.Tail() }
	switch when {
	case atLaunch:
		message := g.awaitState(prefect.Crashed)
		said = func() string { return message }
	case atCancel:
		g.awaitTask()
		g.cancel()
	}
	g.eventually("the worker tells of "+sid, func() error {
		if text := said(); !strings.Contains(text, "not authorized to perform: "+action) ||
			!strings.Contains(text, sid+" of `ecsctl policy worker`") {
			return fmt.Errorf("it says:\n%s", text)
		}
		return nil
	})
}
