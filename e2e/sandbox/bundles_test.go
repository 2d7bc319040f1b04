//go:build e2e && bundles

package sandbox

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/wiretap"
	"ecsctl/prefect"
)

//go:embed bundles.py
var bundlesProgram string

const (
	bundlePool   = "bundles"
	bundleBucket = "prefect-bundles"
	claimGrace   = 4 * time.Second
)

// bundles are a pool whose runs' code travels in bundles, and those who use it: Prefect, its
// decorator and its runner are real, the tasks are processes of the sandbox.
type bundles struct {
	*world
	server *peers.Server
	client *prefect.Client
	ecs    *ecs.Client
	env    []string // of the user
}

// Flows with @ecs are no deployments: their runs are Pending until the bundle is uploaded, which
// may take longer than a dead worker's claim is left alone. They are launched after that, and
// once, by whichever worker is there; they are retried, and cancelled by their own runner.
func TestBundles(t *testing.T) {
	for venv, store := range map[string]func(*bundles){
		peers.Prefect3: (*bundles).storeInMoto, peers.Prefect39: (*bundles).storeInSandbox,
	} {
		t.Run(venv, func(t *testing.T) {
			t.Parallel()
			b := newBundles(t, venv)
			store(b)
			died := b.startAWorkerToKill()
			killed := b.submit("returns")[0]
			died()
			b.startWorker("second", b.world.env["AWS_ENDPOINT_URL"])
			ids := b.submit("fails first", "hangs", "returns")
			retried, cancelled, plain := ids[0], ids[1], ids[2]

			b.await(cancelled, "Running")
			b.set(cancelled, prefect.Cancelling)
			b.await(retried, "Failed")
			b.run(b.env, b.python(), b.program(), "retry", retried)
			b.await(retried, "Completed")
			b.set(retried, prefect.Failed)
			b.set(retried, prefect.Scheduled)

			b.want(plain, 1, "Pending", "Scheduled", "Pending", "Submitting", "Running", "Completed")
			b.want(killed, 1, "Pending", "Scheduled", "Pending", "Submitting", "Running", "Completed")
			b.want(cancelled, 1, "Pending", "Scheduled", "Pending", "Submitting", "Running", "Cancelling", "Cancelled")
			b.want(retried, 3, "Pending", "Scheduled", "Pending", "Submitting", "Running", "Failed",
				"Pending", "Running", "Completed", "Failed", "Scheduled", "Pending", "Submitting", "Running",
				"Completed")
		})
	}
}

func newBundles(t *testing.T, venv string) *bundles {
	server := prefectServer(t, venv)
	w := newWorldWith(t, venv, func(*world) []string { return []string{"--prefect-api-url", server.URL} })
	b := &bundles{world: w, server: server, ecs: ecs.NewFromConfig(w.config())}
	_, err := b.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{})
	w.must(err)
	b.client, err = prefect.New(prefect.Options{APIURL: server.URL, MaxRetries: 20})
	w.must(err)
	return b
}

// storeInMoto configures a pool by Prefect's own command line, with moto's S3.
func (b *bundles) storeInMoto() {
	moto := motoServer(b.t)
	b.user(map[string]string{
		"AWS_ENDPOINT_URL_S3": moto.URL, "AWS_ACCESS_KEY_ID": "e2e", "AWS_SECRET_ACCESS_KEY": "e2e",
	}, "AWS_ENDPOINT_URL_S3="+moto.URL)
	b.prefect(b.env, "work-pool", "create", bundlePool, "--type", "ecs")
	b.prefect(b.env, "work-pool", "storage", "configure", "s3", bundlePool, "--bucket", bundleBucket)
	b.run(b.env, b.python(), "-c", "import boto3; boto3.client('s3').create_bucket(Bucket='"+bundleBucket+
		"', CreateBucketConfiguration={'LocationConstraint': '"+region+"'})")
}

// storeInSandbox has bootstrap do all of that. Policies count: the task role of flow runs may do
// what the bucket's policy says.
func (b *bundles) storeInSandbox() {
	b.user(nil)
	b.run(b.environ(filepath.Dir(shared.binary)), shared.binary, "bootstrap", "--pool", bundlePool, "--bundle-storage",
		"--desired-count", "0", "--no-wait", "--yes")
}

// user sets up the environment of the user, whose flows have more variables.
func (b *bundles) user(flows map[string]string, more ...string) {
	variables := map[string]any{"cpu": 256, "memory": 512, "cluster": "default", "env": flows}
	if flows == nil {
		delete(variables, "env")
	}
	given, err := json.Marshal(map[string]any{"pool": bundlePool, "variables": variables, "upload": b.uploader()})
	b.must(err)
	b.env = b.environ(b.venv, append(more, "BUNDLES="+string(given))...)
}

func (b *bundles) python() string  { return filepath.Join(b.venv, "python") }
func (b *bundles) program() string { return b.write("bundles.py", bundlesProgram) }

// uploader is a program that uploads a bundle, late.
func (b *bundles) uploader() string {
	script := fmt.Sprintf("#!/bin/sh\nsleep %d\nexec %s \"$@\"\n", int(2*claimGrace.Seconds()), b.python())
	path := b.write("upload.sh", script)
	b.must(os.Chmod(path, 0o755))
	return path
}

// submit submits runs, one after the other, and returns their ids when the last is Scheduled.
func (b *bundles) submit(behaviours ...string) []string {
	b.t.Helper()
	var ids []string
	out := b.run(b.env, append([]string{b.python(), b.program(), "submit"}, behaviours...)...)
	for line := range strings.Lines(out) {
		if id, ok := strings.CutPrefix(line, "submitted "); ok {
			ids = append(ids, strings.TrimSpace(id))
		}
	}
	if len(ids) != len(behaviours) {
		b.t.Fatalf("of %q were submitted %q:\n%s", behaviours, ids, out)
	}
	return ids
}

// startWorker starts our worker, which reaches AWS at a URL.
func (b *bundles) startWorker(name, aws string) *peers.Process {
	b.t.Helper()
	cmd := exec.Command(shared.binary, "worker", "start", "--pool", bundlePool, "--name", name, "--claim-grace",
		claimGrace.String())
	cmd.Env, cmd.Dir = b.environ("", "AWS_ENDPOINT_URL="+aws, "PREFECT_WORKER_QUERY_SECONDS=1",
		"PREFECT_WORKER_HEARTBEAT_SECONDS=1"), b.home
	process, err := peers.Start(cmd, filepath.Join(b.home, name+".log"))
	b.must(err)
	b.t.Cleanup(func() {
		process.Kill()
		if b.t.Failed() {
			b.t.Logf("the log of worker %s:\n%s", name, process.Tail())
		}
	})
	return process
}

// startAWorkerToKill starts a worker that looks on while a bundle is uploaded, claims its run, and
// is killed right after ECS has taken the RunTask. The function that it returns waits for that.
func (b *bundles) startAWorkerToKill() (died func()) {
	b.t.Helper()
	tap, over := &wiretap.Tap{}, make(chan struct{})
	base, closeProxy, err := tap.Proxy(b.world.env["AWS_ENDPOINT_URL"], wiretap.AWS, nil)
	b.must(err)
	b.t.Cleanup(closeProxy)
	worker := b.startWorker("killed", base)
	tap.Kill(wiretap.Moment{Operation: "ecs:RunTask", N: 1, After: true}, func() { worker.Kill(); close(over) })
	return func() {
		select {
		case <-over:
		case <-b.t.Context().Done():
			b.t.Fatal("the worker launched nothing")
		}
	}
}

func (b *bundles) set(id string, state prefect.StateType) {
	b.t.Helper()
	_, err := b.client.SetFlowRunState(b.t.Context(), id, prefect.StateProposal{
		Type: state, Force: state != prefect.Cancelling,
	})
	b.must(err)
}

func (b *bundles) await(id, state string) {
	b.t.Helper()
	b.eventually("flow run "+id+" is "+state, func() error {
		run, err := b.client.ReadFlowRun(b.t.Context(), id)
		b.must(err)
		if run.StateName != state {
			return fmt.Errorf("it is %s", run.StateName)
		}
		return nil
	})
}

// want checks what became of a run, when it has come to its last state: its states, and
// how many tasks it had.
func (b *bundles) want(id string, tasks int, states ...string) {
	b.t.Helper()
	last := states[len(states)-1]
	b.await(id, last)
	got, err := b.client.FlowRunStates(b.t.Context(), id)
	b.must(err)
	var names []string
	for _, state := range got {
		if state.Name != "Late" {
			names = append(names, state.Name)
		}
	}
	if diff := cmp.Diff(states, names); diff != "" {
		b.t.Errorf("flow run %s (-want +got):\n%s", id, diff)
	}
	b.eventually(fmt.Sprintf("%d tasks of flow run %s have stopped", tasks, id), func() error {
		if got := b.stopped(id); got != tasks {
			return fmt.Errorf("%d have", got)
		}
		return nil
	})
}

// stopped counts the tasks of a run that have stopped, none of them by StopTask.
func (b *bundles) stopped(id string) int {
	b.t.Helper()
	n := 0
	list, err := b.ecs.ListTasks(b.t.Context(), &ecs.ListTasksInput{DesiredStatus: types.DesiredStatusStopped})
	b.must(err)
	if len(list.TaskArns) == 0 {
		return 0
	}
	found, err := b.ecs.DescribeTasks(b.t.Context(), &ecs.DescribeTasksInput{
		Tasks: list.TaskArns, Include: []types.TaskField{types.TaskFieldTags},
	})
	b.must(err)
	for _, task := range found.Tasks {
		if task.StopCode == types.TaskStopCodeUserInitiated {
			b.t.Errorf("a worker stopped task %s", *task.TaskArn)
		}
		if slices.ContainsFunc(task.Tags, func(tag types.Tag) bool { return *tag.Value == id }) {
			n++
		}
	}
	return n
}
