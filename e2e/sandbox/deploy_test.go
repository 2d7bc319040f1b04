//go:build e2e

package sandbox

import (
	"errors"
	"io"
	"io/fs"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"ecsctl/e2e/debian"
	"ecsctl/e2e/peers"
)

// makingBase lets one test make what all take from the cache.
var makingBase sync.Mutex

// baseImage serves a Debian with Python from a registry of its own and returns the image's name there.
func baseImage(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "ecsctl-e2e")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	makingBase.Lock()
	image, err := debian.Image(t.Context(), dir)
	makingBase.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	ref, err := name.ParseReference(strings.TrimPrefix(server.URL, "http://") + "/debian/python:3.11")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, image); err != nil {
		t.Fatal(err)
	}
	return ref.String()
}

// uvDir is where uv is: an environment of the tests, or on PATH.
func uvDir(t *testing.T) string {
	t.Helper()
	if program, err := peers.Program("uv", "uv"); err == nil {
		return filepath.Dir(program)
	}
	program, err := exec.LookPath("uv")
	if err != nil {
		t.Fatal("there is no uv: run e2e/venvs.sh uv, or put it on PATH")
	}
	return filepath.Dir(program)
}

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

// deployVersions are the environments that TestDeploy goes through, those of them that there are.
var deployVersions = []string{peers.Prefect3, peers.Prefect2, "prefect391"}

// TestDeploy takes a flow from its file to a run inside its own root, changes it and does so again: real Prefect,
// real uv, real wheels, an image that was made here, pushed, pulled and unpacked.
func TestDeploy(t *testing.T) {
	t.Parallel()
	for _, venv := range deployVersions {
		t.Run(venv, func(t *testing.T) {
			t.Parallel()
			if _, err := peers.Program(venv, "python"); err != nil {
				t.Skip(err)
			}
			newDeployWorld(t, venv).deployTwice()
		})
	}
}

// networkVariables say how this machine reaches PyPI.
var networkVariables = []string{
	"SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "UV_INDEX_URL",
	"UV_DEFAULT_INDEX",
}

func networkEnv() []string {
	var env []string
	for _, name := range networkVariables {
		if value, set := os.LookupEnv(name); set {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// deployWorld is a sandbox with a bootstrapped pool, a real server and a project of the user's own.
type deployWorld struct {
	*world
	pool, dir string
	env       []string
}

func newDeployWorld(t *testing.T, venv string) *deployWorld {
	t.Helper()
	server := ownServer(t, venv)
	w := &deployWorld{world: newWorld(t, venv, "--prefect-api-url", server.URL), pool: "deploy-" + venv}
	w.env = w.environ(filepath.Dir(shared.binary)+":"+uvDir(t)+":"+w.venv, "PREFECT_API_URL="+server.URL,
		"ECSCTL_VENV="+filepath.Dir(w.venv), "ECSCTL_BASE="+baseImage(t),
		"ECSCTL_CACHE_DIR="+filepath.Join(w.home, "cache"), "PIP_NO_INDEX=")
	w.env = append(w.env, networkEnv()...)
	if venv == peers.Prefect2 {
		w.env = append(w.env, "UV_FIND_LINKS="+w.pendulum())
	}
	w.run(w.env, shared.binary, "bootstrap", "--pool", w.pool, "--yes", "--wait-timeout", "10m")
	w.dir = w.project(map[string]string{
		"flow.py": flowSource, "words.py": "GREETING = 'Hello'\n", "requirements.txt": "xxhash\n",
		"root.txt": "the image\n", ".env": "SECRET=1\n",
	})
	return w
}

// pendulum makes the wheel that Prefect 2 needs and PyPI does not have for this Python, as docs/deploying.md says.
func (w *deployWorld) pendulum() string {
	w.t.Helper()
	dir := filepath.Join(w.home, "wheels")
	cmd := exec.CommandContext(w.t.Context(), filepath.Join(w.venv, "python"), "-m", "pip", "wheel", "--quiet",
		"--no-deps", "--wheel-dir", dir, "pendulum==2.1.2")
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("failed to make a wheel of pendulum: %v\n%s", err, out)
	}
	return dir
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

func (w *deployWorld) deployTwice() {
	deploy := []string{"deploy", "flow.py:my_flow", "--pool", w.pool, "--run", "--param", "name=Ada",
		"--cron", "0 6 * * *", "--job-variable", "cpu=512", "--job-variable", "memory=2048"}
	w.says([]string{"my-flow/default", "Hello Ada ", "root of the image", "is Completed"}, deploy...)
	w.greet("Goodbye")
	w.pushedLittle(w.says([]string{"Goodbye Ada ", "is Completed"}, deploy...))
	if shown := w.prefect(w.env, "deployment", "inspect", "my-flow/default"); !strings.Contains(shown, "0 6 * * *") ||
		!strings.Contains(shown, "512") {
		w.t.Errorf("the deployment has no schedule or no job variable:\n%s", shown)
	}
	w.sameDigest()
	w.deployFile()
	w.run(w.env, shared.binary, "teardown", "--pool", w.pool, "--yes", "--running", "wait", "--wait-timeout", "10m")
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
	w.runs("my-flow/my-flow", "Welcome nobody ")
	w.greet("Farewell")
	w.says([]string{"Farewell nobody ", "is Completed"}, "deploy", "my-flow", "--pool", w.pool, "--run")
	// One whose build, pull and place ecsctl fills in, as people have who come from somewhere else.
	w.must(os.WriteFile(filepath.Join(w.dir, "prefect.yaml"), []byte(plainFile), 0o600))
	w.greet("Cheers")
	w.pushedLittle(w.says([]string{"my-flow/plain", "my-flow/second"}, "deploy", "--all", "--pool", w.pool))
	w.runs("my-flow/second", "Cheers two ")
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

// runs has Prefect's command line run a deployment, and waits for a line of its log.
func (w *deployWorld) runs(deployment, line string) {
	w.t.Helper()
	out := w.prefect(w.env, "deployment", "run", deployment)
	id := flowRunID.FindString(out)
	if id == "" {
		w.t.Fatalf("prefect deployment run has named no flow run:\n%s", out)
	}
	w.eventually("the run of "+deployment+" logs "+line, func() error {
		if logs := w.prefect(w.env, "flow-run", "logs", id); !strings.Contains(logs, line) {
			return errors.New(logs)
		}
		return nil
	})
}

var flowRunID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
