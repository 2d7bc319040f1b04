package commands_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/internal/testkit/stage"
	"ecsctl/internal/testkit/wiretap"
	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
)

// killing is an account with one flow run and workers that are killed.
type killing struct {
	*account
	api      *prefect.Client
	id       string
	executed string
}

func newKilling(t *testing.T, version, behave string) *killing {
	t.Helper()
	images, err := stage.WorkerImages()
	if err != nil {
		t.Fatal(err)
	}
	counted := t.TempDir()
	w, err := stage.NewWorld(sandbox.Options{Images: images, Volumes: []string{counted}}, "",
		prefectapi.WithVersion(version))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.End() })
	k := &killing{account: &account{World: w, t: t, dir: t.TempDir()}}
	k.executed = filepath.Join(counted, "executed")
	k.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + k.dir, "ECSCTL_CLAIM_GRACE=2s",
		"PREFECT_WORKER_HEARTBEAT_SECONDS=1", "PREFECT_WORKER_QUERY_SECONDS=0.3",
	}
	for name, value := range w.Env() {
		k.env = append(k.env, name+"="+value)
	}
	k.seed(behave)
	return k
}

func (k *killing) seed(behave string) {
	k.t.Helper()
	ctx := k.t.Context()
	api, err := prefect.New(prefect.Options{APIURL: k.Server.PrefectAPIURL()})
	k.must(err)
	k.api = api
	_, err = k.Source.ECS.CreateCluster(ctx, &ecs.CreateClusterInput{})
	k.must(err)
	template, err := api.WorkerTemplate(ctx, "ecs")
	k.must(err)
	_, err = api.CreateWorkPool(ctx, prefect.WorkPoolCreate{Name: "etl", Type: "ecs", BaseJobTemplate: template})
	k.must(err)
	flow, err := api.CreateFlow(ctx, "flow")
	k.must(err)
	// The containers reach Prefect past the tap: only the worker is to be cut off.
	variables, err := json.Marshal(map[string]any{"env": map[string]any{
		stage.ExecutedFile: k.executed, "BEHAVE": behave, "PREFECT_API_URL": k.Server.PrefectAPIURL(),
	}})
	k.must(err)
	deployment, err := api.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: "d", FlowID: flow.ID, WorkPoolName: "etl", JobVariables: variables,
	})
	k.must(err)
	run, err := api.CreateFlowRun(ctx, deployment.ID, prefect.FlowRunCreate{})
	k.must(err)
	k.id = run.ID
}

// next starts a worker that settles what the one before has left.
func (k *killing) next() {
	k.t.Helper()
	cmd, out := k.command("worker", "start", "--pool", "etl", "--name", "next", "--verbose")
	k.must(cmd.Start())
	k.t.Cleanup(func() { k.End(cmd, out) })
}

func (k *killing) End(cmd *exec.Cmd, out *bytes.Buffer) {
	_ = cmd.Process.Signal(syscall.SIGTERM) // that it ends shows in Wait
	if err := cmd.Wait(); err != nil && k.t.Context().Err() == nil {
		k.t.Errorf("the next worker ended with %v", err)
	}
	if k.t.Failed() {
		k.t.Logf("the next worker:\n%s", out)
	}
}

// settles waits until the run has the final state, and looks at what was executed.
func (k *killing) settles(want prefect.StateType) {
	k.t.Helper()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	limit := time.After(stage.Patience)
	for {
		run, err := k.api.ReadFlowRun(k.t.Context(), k.id)
		k.must(err)
		if run.StateType.Terminal() {
			if run.StateType != want {
				k.t.Errorf("the run is %s: %s", run.StateName, run.State.Message)
			}
			break
		}
		select {
		case <-ticker.C:
		case <-limit:
			k.t.Fatalf("the run is still %s: %s", run.StateName, run.State.Message)
		}
	}
	content, err := os.ReadFile(k.executed)
	k.must(err)
	if n := bytes.Count(content, []byte("\n")); n != 1 {
		k.t.Errorf("the run was executed %d times", n)
	}
}

// killPoints are the moments between claim and report, on the wire. SET and RUN stand
// for the two paths of the run.
func killPoints(version string) (launch, report []wiretap.Moment) {
	both := func(operation string, n int) []wiretap.Moment {
		return []wiretap.Moment{{Operation: operation, N: n}, {Operation: operation, N: n, After: true}}
	}
	states := 1
	launch = append(launch, both("SET", 1)...) // claim
	if version[0] == '3' {
		states = 2
		launch = append(launch, both("SET", 2)...) // Submitting
	}
	launch = append(launch, both("ecs:RegisterTaskDefinition", 1)...)
	launch = append(launch, both("ecs:RunTask", 1)...)
	launch = append(launch, both("RUN", 1)...)               // infrastructure_pid
	launch = append(launch, both("ecs:DescribeTasks", 1)...) // the task runs, or has just ended
	return launch, both("SET", states+1)                     // Crashed
}

func (k *killing) at(m wiretap.Moment) wiretap.Moment {
	switch m.Operation {
	case "SET":
		m.Operation = "prefect:POST /flow_runs/" + k.id + "/set_state"
	case "RUN":
		m.Operation = "prefect:PATCH /flow_runs/" + k.id
	}
	return m
}

// unrecorded are the points at which a task exists that Prefect does not know.
var unrecorded = []wiretap.Moment{{Operation: "ecs:RunTask", N: 1, After: true}, {Operation: "RUN", N: 1}}

// A worker that is killed at any point between claim and report leaves nothing that
// the next one does not settle: executed once, with the right final state.
func TestAKilledWorkerIsSucceeded(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.8.8", "2.20.26"} {
		launch, report := killPoints(version)
		for _, group := range []struct {
			behave string
			points []wiretap.Moment
			want   prefect.StateType
		}{{"", launch, prefect.Completed}, {"recorded", unrecorded, prefect.Completed},
			{"fail", append(report, unrecorded...), prefect.Crashed}} {
			for _, at := range group.points {
				t.Run(version+" "+group.behave+" "+at.String(), func(t *testing.T) {
					t.Parallel()
					k := newKilling(t, version, group.behave)
					k.killed(k.at(at), "worker", "start", "--pool", "etl", "--name", "first")
					k.next()
					k.settles(group.want)
				})
			}
		}
	}
}
