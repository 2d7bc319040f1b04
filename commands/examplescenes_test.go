package commands_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"ecsctl/internal/executable"
	"ecsctl/internal/testkit/stage"
	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/templates"
)

const guidePool = "my-ecs-pool"

// scenes are the accounts of commands that change something, or that want files beside them.
// All other commands look at a pool that works.
var scenes = map[string]func(*testing.T) *account{
	"bootstrap":          newRealAccount,
	"demo":               newAccount,
	"init":               newAccount,
	"image build":        newFlowFolder,
	"teardown":           newBootstrapped,
	"worker start":       newBootstrapped,
	"worker image build": newImageMaker,
	"worker image push":  newImageMaker,
	"sandbox": func(t *testing.T) *account {
		a := newRealAccount(t)
		a.makeVenv()
		return a
	},
}

// newRealAccount is one whose workers are real ones, out of the image of the program that a release puts there: it is
// half as large as ecsctl, and packed and unpacked in half of the time.
func newRealAccount(t *testing.T) *account { return openRealAccount(t, sandbox.Options{}) }

func openRealAccount(t *testing.T, opts sandbox.Options) *account {
	t.Helper()
	opts.EnforceIAM = true
	a := openAccount(t, opts)
	binary, err := stage.WorkerOnly()
	a.must(err)
	a.must(executable.Write(filepath.Join(a.dir, "ecsctl-worker"), binary))
	a.env = append(a.env, "ECSCTL_BINARY=ecsctl-worker")
	return a
}

// newBootstrapped is an account with all that bootstrap makes and no worker, where one
// finds a port for its health of its own.
func newBootstrapped(t *testing.T) *account {
	t.Helper()
	a := newAccount(t)
	a.Run("bootstrap", "--pool", guidePool, "--yes", noWait, "--desired-count", "0")
	port, err := stage.QuickWorker()
	a.must(err)
	a.env = append(a.env, port...)
	return a
}

// newImageMaker has the programs of a release in its directory, and is itself one.
func newImageMaker(t *testing.T) *account {
	t.Helper()
	a := newAccount(t)
	binary, err := stage.RealECSCTL()
	a.must(err)
	a.must(os.Mkdir(filepath.Join(a.dir, "bin"), 0o700))
	a.must(executable.Write(filepath.Join(a.dir, "bin", "ecsctl"), binary))
	a.env = append(a.env, "PATH="+filepath.Join(a.dir, "bin")+":"+os.Getenv("PATH"))
	for architecture, build := range stage.TinyBuilds {
		raw, err := build()
		a.must(err)
		a.must(os.WriteFile(filepath.Join(a.dir, "ecsctl-"+architecture), raw, 0o600))
	}
	return a
}

// newFlowFolder has a folder of flows in its directory.
func newFlowFolder(t *testing.T) *account {
	t.Helper()
	a := newAccount(t)
	a.must(os.Mkdir(filepath.Join(a.dir, "flows"), 0o700))
	a.must(os.WriteFile(filepath.Join(a.dir, "flows", "my_flow.py"), templates.MyFlow, 0o600))
	return a
}

// makeVenv makes a virtual environment's directory, as far as the sandbox looks at it.
func (a *account) makeVenv() {
	a.t.Helper()
	program, err := exec.LookPath("prefect")
	a.must(err)
	a.must(os.MkdirAll(filepath.Join(a.dir, ".venv/bin"), 0o755))
	a.must(os.Symlink(program, filepath.Join(a.dir, ".venv/bin/prefect")))
}

// workingPool is a pool with its worker online, a deployment and a run of it that has
// ended well.
type workingPool struct {
	*account
	run *prefect.FlowRun
}

func newWorkingPool(t *testing.T) *workingPool {
	t.Helper()
	images := t.TempDir()
	var health workerHealth
	w := &workingPool{account: openRealAccount(t, sandbox.Options{
		Images: map[string]string{"prefecthq/*": images}, ContainerEnvironment: health.environment,
		StandInEnvironment: true,
	})}
	program, err := exec.LookPath("ecsctl")
	w.must(err)
	w.must(os.Symlink(program, filepath.Join(images, "ecsctl")))
	w.must(executable.Write(filepath.Join(images, "prefect"), []byte("#!/bin/sh\nexec ecsctl demo flow-run\n")))
	w.account.Run("bootstrap", "--pool", guidePool, "--yes")
	w.env = append(w.env, health.worker()...)
	w.deploy()
	for name, content := range map[string]string{
		"template.json": string(templates.ECSBaseJobTemplate), "vars.json": `{"cpu": 512, "memory": 1024}`,
		"run.json": `{"flow_run": {"id": "r", "name": "run"}}`,
	} {
		w.write(name, content)
	}
	for _, dir := range []string{".zfunc", ".config/fish/completions"} {
		w.must(os.MkdirAll(filepath.Join(w.dir, dir), 0o755))
	}
	return w
}

// deploy makes the deployment and the run that the examples name, and waits for the run's end.
func (w *workingPool) deploy() {
	w.t.Helper()
	ctx := w.limited()
	api, err := prefect.New(prefect.Options{APIURL: w.Server.PrefectAPIURL()})
	w.must(err)
	flow, err := api.CreateFlow(ctx, "my-flow")
	w.must(err)
	deployment, err := api.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: "my-deployment", FlowID: flow.ID, WorkPoolName: guidePool,
	})
	w.must(err)
	w.run, err = api.CreateFlowRun(ctx, deployment.ID, prefect.FlowRunCreate{Name: "purple-lemur"})
	w.must(err)
	w.eventually(ctx, "the flow run completes", func() bool {
		w.run, err = api.ReadFlowRun(ctx, w.run.ID)
		w.must(err)
		return w.run.StateType == prefect.Completed
	})
}

// fill puts the id of a run that there is in place of the one that the help made up.
func (w *workingPool) fill(line string) string {
	return strings.ReplaceAll(line, "7d0d7b5a-8f1c-4b9e-9f0a-3d1b6f0a2c11", w.run.ID)
}

// workerHealth remembers where the first container, the worker's, answers.
type workerHealth struct {
	mu    sync.Mutex
	first []string
}

func (h *workerHealth) environment() ([]string, error) {
	env, err := stage.QuickWorker()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.first == nil {
		h.first = env
	}
	return env, err
}

func (h *workerHealth) worker() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.first
}
