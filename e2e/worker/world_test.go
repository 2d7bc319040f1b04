//go:build e2e

package worker

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/wiretap"
	"ecsctl/prefect"
)

const region = "eu-west-1"

//go:embed seed.py
var seedProgram string

var worlds atomic.Int64

// world is one worker's: an account in moto with a cluster and an open default VPC, a
// work pool, and taps in front of both servers.
type world struct {
	t      *testing.T
	server *peers.Server
	pool   string
	home   string
	tap    *wiretap.Tap // before AWS
	busy   *wiretap.Tap // before Prefect
	api    *prefect.Client
	ecs    *ecs.Client
	cfg    aws.Config // of moto
	env    []string
	began  time.Time
}

func newWorld(t *testing.T, server *peers.Server) *world {
	t.Helper()
	n := worlds.Add(1)
	account := fmt.Sprintf("%012d", 200000000000+n)
	w := &world{t: t, server: server, pool: fmt.Sprintf("worker-%03d", n), home: t.TempDir(), tap: &wiretap.Tap{},
		busy: &wiretap.Tap{}, began: time.Now().UTC()}
	awsURL := w.proxy(w.tap, all.Moto.URL, wiretap.AWS, http.Header{peers.AccountHeader: {account}})
	api := w.proxy(w.busy, strings.TrimSuffix(server.URL, "/api"), wiretap.Prefect, nil) + "/api"
	w.env = []string{
		"PATH=/usr/bin:/bin", "HOME=" + w.home, "PREFECT_HOME=" + w.home, "PREFECT_API_URL=" + api,
		"AWS_ENDPOINT_URL=" + awsURL, "AWS_ACCESS_KEY_ID=e2e", "AWS_SECRET_ACCESS_KEY=e2e", "AWS_REGION=" + region,
		"AWS_DEFAULT_REGION=" + region,
		"AWS_EC2_METADATA_DISABLED=true", "DO_NOT_TRACK=1", "PREFECT_WORKER_QUERY_SECONDS=2",
		// The official worker cancels runs that never started only when it is told to.
		"PREFECT_WORKER_ENABLE_CANCELLATION=true", "PREFECT_WORKER_CANCELLATION_POLL_SECONDS=5",
		"PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_ENABLED=false",
	}
	w.cfg = all.Moto.Config(account, region)
	w.ecs = ecs.NewFromConfig(w.cfg)
	_, err := w.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{})
	w.must(err)
	w.must(peers.OpenDefaultVPC(t.Context(), ec2.NewFromConfig(w.cfg)))
	w.api, err = prefect.New(prefect.Options{APIURL: server.URL, MaxRetries: 20})
	w.must(err)
	return w
}

func (w *world) proxy(tap *wiretap.Tap, target string, classify wiretap.Classify, header http.Header) string {
	w.t.Helper()
	base, closeProxy, err := tap.Proxy(target, classify, header)
	w.must(err)
	w.t.Cleanup(closeProxy)
	return base
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// plan is what seed.py makes.
type plan struct {
	Pool   string  `json:"pool"`
	Limit  *int    `json:"limit,omitempty"`
	Paused bool    `json:"paused,omitempty"`
	Queues []queue `json:"queues,omitempty"`
	Groups []group `json:"groups"`
}

type queue struct {
	Name     string `json:"name"`
	Paused   bool   `json:"paused,omitempty"`
	Limit    *int   `json:"limit,omitempty"`
	Priority int    `json:"priority,omitempty"`
}

// group are runs of one deployment.
type group struct {
	Name        string         `json:"name"`
	Count       int            `json:"count"`
	Queue       string         `json:"queue,omitempty"`
	Delay       int            `json:"delay,omitempty"` // seconds until they are due
	Concurrency int            `json:"concurrency,omitempty"`
	Variables   map[string]any `json:"variables,omitempty"`
}

// seed makes the plan with Prefect's own client and returns the ids of the runs.
func (w *world) seed(p plan) map[string][]string {
	w.t.Helper()
	p.Pool = w.pool
	for i := range p.Groups {
		p.Groups[i].Variables = withDefaults(p.Groups[i].Variables)
	}
	input, err := json.Marshal(p)
	w.must(err)
	python, err := peers.Program(w.server.Venv, "python")
	w.must(err)
	cmd := exec.CommandContext(w.t.Context(), python, "-c", seedProgram)
	cmd.Env, cmd.Dir, cmd.Stdin = append(w.env, "PREFECT_API_URL="+w.server.URL, "PREFECT_CLIENT_MAX_RETRIES=20"),
		w.home, bytes.NewReader(input)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		w.t.Fatalf("failed to seed: %v\n%s", err, complaints.String())
	}
	ids := map[string][]string{}
	w.must(json.Unmarshal(out, &ids))
	return ids
}

// withDefaults gives a job what moto and all versions of the template want.
func withDefaults(variables map[string]any) map[string]any {
	out := map[string]any{"image": "busybox:1", "cluster": "default", "cpu": 256, "memory": 512}
	for name, value := range variables {
		out[name] = value
	}
	return out
}

// contestant starts a worker of a world.
type contestant struct {
	name  string
	start func(*world, ...string) *peers.Process
}

var contestants = []contestant{{"ours", (*world).startOurs}, {"official", (*world).startOfficial}}

func (w *world) startOurs(args ...string) *peers.Process {
	return w.startWorker(exec.Command(all.Binary,
		append([]string{"worker", "start", "--pool", w.pool, "--name", "the-worker"}, args...)...))
}

func (w *world) startOfficial(args ...string) *peers.Process {
	w.t.Helper()
	program, err := peers.Program(w.server.Venv, "prefect")
	w.must(err)
	return w.startWorker(exec.Command(program,
		append([]string{"worker", "start", "--pool", w.pool, "--name", "the-worker", "--type", "ecs"}, args...)...))
}

func (w *world) startWorker(cmd *exec.Cmd) *peers.Process {
	w.t.Helper()
	cmd.Env, cmd.Dir = w.env, w.home
	process, err := peers.Start(cmd, filepath.Join(w.home, "worker.log"))
	w.must(err)
	w.t.Cleanup(func() {
		process.Kill()
		if w.t.Failed() {
			w.t.Logf("the worker's log:\n%s", process.Tail())
		}
	})
	return process
}

// stop ends a worker as a person does.
func (w *world) stop(process *peers.Process) {
	w.t.Helper()
	w.must(syscall.Kill(process.PID(), syscall.SIGTERM))
	select {
	case <-process.Done():
	case <-w.t.Context().Done():
	}
}

// write makes a file in the world's home.
func (w *world) write(name string, content []byte) string {
	w.t.Helper()
	path := filepath.Join(w.home, name)
	w.must(os.WriteFile(path, content, 0o600))
	return path
}
