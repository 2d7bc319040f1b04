//go:build e2e

package sandbox

import (
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"ecsctl/e2e/debian"
	"ecsctl/e2e/peers"
)

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
	image, err := debian.Image(t.Context(), dir)
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

// TestDeploy takes a flow from its file to a run inside its own root, changes it and does
// so again: real Prefect, real uv, real wheels, an image that was made here, pushed, pulled and unpacked.
func TestDeploy(t *testing.T) {
	t.Parallel()
	// Prefect 2 needs a pendulum that has no wheel for the Python of this base.
	deployTwice(t, peers.Prefect3)
}

// networkVariables say how this machine reaches PyPI.
var networkVariables = []string{
	"SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "UV_INDEX_URL", "UV_DEFAULT_INDEX",
}

func deployTwice(t *testing.T, venv string) {
	server := ownServer(t, venv)
	base := baseImage(t)
	w := newWorld(t, venv, "--prefect-api-url", server.URL)
	env := w.environ(filepath.Dir(shared.binary)+":"+uvDir(t), "PREFECT_API_URL="+server.URL,
		"ECSCTL_VENV="+filepath.Dir(w.venv),
		"ECSCTL_BASE="+base, "ECSCTL_CACHE_DIR="+filepath.Join(w.home, "cache"), "PIP_NO_INDEX=")
	for _, name := range networkVariables {
		if value, set := os.LookupEnv(name); set {
			env = append(env, name+"="+value)
		}
	}
	pool := "deploy-" + versions[venv][:1]
	w.run(env, shared.binary, "bootstrap", "--pool", pool, "--yes", "--wait-timeout", "10m")
	dir := w.project(map[string]string{
		"flow.py": flowSource, "words.py": "GREETING = 'Hello'\n", "requirements.txt": "xxhash\n",
		"root.txt": "the image\n", ".env": "SECRET=1\n",
	})
	deploy := func(more ...string) string {
		return w.inProject(dir, env, append([]string{shared.binary, "deploy", "flow.py:my_flow", "--pool", pool, "--run",
			"--timeout", "10m"}, more...)...)
	}
	out := deploy("--param", "name=Ada")
	t.Logf("%s", out)
	for _, want := range []string{"my-flow/default", "Hello Ada ", "root of the image", "is Completed"} {
		if !strings.Contains(out, want) {
			t.Errorf("the first deploy does not say %q:\n%s", want, out)
		}
	}
	w.must(os.WriteFile(filepath.Join(dir, "words.py"), []byte("GREETING = 'Goodbye'\n"), 0o600))
	out = deploy("--param", "name=Ada")
	t.Logf("%s", out)
	if !strings.Contains(out, "Goodbye Ada ") {
		t.Errorf("the second deploy runs the old code:\n%s", out)
	}
	if sent := pushedBytes.FindStringSubmatch(out); sent == nil || sent[2] != "kB" {
		t.Errorf("the second deploy has pushed %v, want a few kB", sent)
	}
	w.run(env, shared.binary, "teardown", "--pool", pool, "--yes", "--running", "wait", "--wait-timeout", "10m")
}
