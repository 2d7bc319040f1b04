//go:build e2e

package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ecsctl/e2e/peers"
	"ecsctl/prefect"
)

// flowSource has a dependency with compiled code, and a module beside it.
const flowSource = `import xxhash

from prefect import flow, get_run_logger

from words import GREETING


@flow
def my_flow(name: str = "nobody"):
    get_run_logger().info(f"{GREETING} {name} {xxhash.xxh32(b'ecs').hexdigest()}")
    with open("/opt/flow/root.txt") as file:
        get_run_logger().info("root of " + file.read().strip())
`

// project is a folder of flows of the user's own.
func (w *world) project(files map[string]string) string {
	w.t.Helper()
	dir, err := os.MkdirTemp(w.home, "project-")
	w.must(err)
	for name, content := range files {
		w.must(os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	return dir
}

func (w *world) inProject(dir string, env []string, args ...string) string {
	w.t.Helper()
	home := w.home
	w.home = dir
	defer func() { w.home = home }()
	return w.run(env, args...)
}

var pushedBytes = regexp.MustCompile(`pushed ([0-9.]+) (kB|MB)`)

// TestDeploy takes a flow from its file to a run inside its own root, changes it and does so again: real Prefect,
// real uv, real wheels, an image that was made here, pushed, pulled and unpacked. What does not depend on Prefect's
// version is tried with one; TestDeployInFull, outside of CI, has all of it with each.
func TestDeploy(t *testing.T) {
	t.Parallel()
	t.Run(peers.Prefect3, func(t *testing.T) {
		t.Parallel()
		w := newDeployWorld(t, peers.Prefect3)
		w.deployInFull()
		w.withoutAnImage()
		w.teardown()
	})
	t.Run(peers.Prefect2, func(t *testing.T) {
		t.Parallel()
		w := newDeployWorld(t, peers.Prefect2)
		w.deployTwice()
		w.deployFile()
		w.teardown()
	})
}

// deployWorld is a sandbox with a bootstrapped pool, a real server and a project of the user's own.
type deployWorld struct {
	*world
	pool, dir string
	env       []string
	client    *prefect.Client
}

func newDeployWorld(t *testing.T, venv string) *deployWorld {
	t.Helper()
	server := ownServer(t, venv)
	w := &deployWorld{world: newWorldWith(t, venv, func(w *world) []string {
		return []string{"--prefect-api-url", server.URL, "--volume", w.certificates()}
	}), pool: "deploy-" + venv}
	w.env = w.environ(filepath.Dir(shared.binary)+":"+uvDir(t)+":"+w.venv, "PREFECT_API_URL="+server.URL,
		"ECSCTL_VENV="+filepath.Dir(w.venv), "ECSCTL_BASE="+baseImage(t), "PIP_NO_INDEX=")
	w.env = append(w.env, buildEnv(t)...)
	if venv == peers.Prefect2 {
		w.env = append(w.env, "UV_FIND_LINKS="+pendulum(t))
	}
	var err error
	w.client, err = prefect.New(prefect.Options{APIURL: server.URL, MaxRetries: 20})
	w.must(err)
	w.run(w.env, shared.binary, "bootstrap", "--pool", w.pool, "--yes", "--wait-timeout", "10m")
	w.dir = w.project(map[string]string{
		"flow.py": flowSource, "words.py": "GREETING = 'Hello'\n", "requirements.txt": "xxhash\n",
		"root.txt": "the image\n", ".env": "SECRET=1\n",
	})
	return w
}

func (w *deployWorld) teardown() {
	w.t.Helper()
	w.run(w.env, shared.binary, "teardown", "--pool", w.pool, "--yes", "--running", "wait", "--wait-timeout", "10m")
}

func (w *deployWorld) greet(greeting string) {
	w.t.Helper()
	w.must(os.WriteFile(filepath.Join(w.dir, "words.py"), []byte("GREETING = '"+greeting+"'\n"), 0o600))
}

// says runs ecsctl in the project and looks for words in what it says.
func (w *deployWorld) says(words []string, args ...string) string {
	w.t.Helper()
	out := w.inProject(w.dir, w.env, append([]string{shared.binary}, args...)...)
	w.t.Logf("%s", out)
	for _, want := range words {
		if !strings.Contains(out, want) {
			w.t.Errorf("ecsctl %s does not say %q", strings.Join(args, " "), want)
		}
	}
	return out
}

// mostPushed is the size of a layer of code and of the image's configuration.
const mostPushed = 16

func (w *deployWorld) pushedLittle(out string) {
	w.t.Helper()
	sent := pushedBytes.FindStringSubmatch(out)
	if sent == nil || sent[2] != "kB" {
		w.t.Fatalf("a deploy of changed code has pushed %v, want a few kB", sent)
	}
	if kB, err := strconv.ParseFloat(sent[1], 64); err != nil || kB == 0 || kB > mostPushed {
		w.t.Errorf("a deploy of changed code has pushed %v kB (%v), want a layer of code", kB, err)
	}
}

// deployInFull is all that there is of a version, with the flow's code in its image.
func (w *deployWorld) deployInFull() {
	w.deployTwice()
	w.sameDigest()
	w.deployFile()
	w.deployPlainFile()
}

// deployTwice changes code between two deploys: the second pushes a layer of code, and its run shows the change.
func (w *deployWorld) deployTwice() {
	deploy := []string{"deploy", "flow.py:my_flow", "--pool", w.pool, "--param", "name=Ada",
		"--cron", "0 6 * * *", "--job-variable", "cpu=512", "--job-variable", "memory=2048"}
	w.says([]string{"my-flow/default"}, deploy...)
	w.greet("Goodbye")
	w.pushedLittle(w.says([]string{"Goodbye Ada ", "root of the image", "is Completed"}, append(deploy, "--run")...))
	shown := string(w.deployment("default").Raw())
	for _, want := range []string{"0 6 * * *", `"cpu":512`, `"memory":2048`} {
		if !strings.Contains(shown, want) {
			w.t.Errorf("the deployment does not have %s:\n%s", want, shown)
		}
	}
}

var imageReference = regexp.MustCompile(`(?m)^[^ ]+@sha256:[0-9a-f]{64}$`)

// sameDigest builds a copy of the project, in another folder, at another time, with a cache of its own.
func (w *deployWorld) sameDigest() {
	w.t.Helper()
	build := func(dir string, more ...string) string {
		out := w.inProject(dir, append(slices.Clone(w.env), more...), shared.binary, "image", "build", "--pool", w.pool)
		return imageReference.FindString(out)
	}
	other := filepath.Join(w.t.TempDir(), "elsewhere")
	w.must(os.CopyFS(other, os.DirFS(w.dir)))
	w.must(filepath.WalkDir(other, func(path string, _ fs.DirEntry, err error) error {
		then := time.Now().Add(-1000 * time.Hour)
		return errors.Join(err, os.Chtimes(path, then, then), os.Chmod(path, 0o755))
	}))
	here, there := build(w.dir), build(other, "ECSCTL_CACHE_DIR="+filepath.Join(w.home, "cache2"))
	if here == "" || here != there {
		w.t.Errorf("two builds of the same are two images:\n%s\n%s", here, there)
	}
}

// deployFile goes on with a prefect.yaml: prefect deploy carries it out as it stands, and so does ecsctl deploy.
func (w *deployWorld) deployFile() {
	w.t.Helper()
	w.says([]string{"prefect.yaml"}, "init", "--pool", w.pool)
	w.greet("Welcome")
	w.inProject(w.dir, w.env, filepath.Join(w.venv, "prefect"), "--no-prompt", "deploy", "--all")
	w.runs("my-flow", "Welcome nobody ")
	before := w.deployment("my-flow").JobVariables
	w.greet("Farewell")
	w.says([]string{"my-flow/my-flow"}, "deploy", "my-flow", "--pool", w.pool)
	if after := w.deployment("my-flow").JobVariables; bytes.Equal(before, after) || !bytes.Contains(after,
		[]byte("@sha256:")) {
		w.t.Errorf("a deploy of changed code has left the image as it was:\n%s\n%s", before, after)
	}
}

// deployPlainFile has a prefect.yaml whose build, pull and place ecsctl fills in, as people have who come from
// somewhere else.
func (w *deployWorld) deployPlainFile() {
	w.t.Helper()
	w.must(os.WriteFile(filepath.Join(w.dir, "prefect.yaml"), []byte(plainFile), 0o600))
	w.greet("Cheers")
	w.pushedLittle(w.says([]string{"my-flow/plain", "my-flow/second"}, "deploy", "--all", "--pool", w.pool))
	w.runs("second", "Cheers two ")
}

const plainFile = `pull:
- prefect.deployments.steps.set_working_directory:
    directory: /home/somebody/flows
deployments:
- name: plain
  entrypoint: flow.py:my_flow
- name: second
  entrypoint: flow.py:my_flow
  parameters: {name: two}
  work_pool: {name: another, job_variables: {cpu: 256}}
`

func (w *deployWorld) deployment(name string) *prefect.Deployment {
	w.t.Helper()
	found, err := w.client.ReadDeploymentByName(w.t.Context(), "my-flow", name)
	w.must(err)
	return found
}

// runs runs a deployment and waits for a line of its log.
func (w *deployWorld) runs(deployment, line string) {
	w.t.Helper()
	run, err := w.client.CreateFlowRun(w.t.Context(), w.deployment(deployment).ID, prefect.FlowRunCreate{})
	w.must(err)
	w.eventually("the run of "+deployment+" logs "+line, func() error {
		lines, err := w.client.FlowRunLogs(w.t.Context(), run.ID)
		for _, l := range lines {
			if strings.Contains(l.Message, line) {
				return nil
			}
		}
		return errors.Join(err, fmt.Errorf("%+v", lines))
	})
}
