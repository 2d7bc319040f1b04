//go:build e2e

package sandbox

import (
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"ecsctl/e2e/debian"
	"ecsctl/e2e/peers"
)

// base is a registry on loopback that all tests of a run take the base image from.
var base struct {
	mu  sync.Mutex
	ref string
}

// baseImage is the name of a Debian with Python in that registry.
func baseImage(t *testing.T) string {
	t.Helper()
	base.mu.Lock()
	defer base.mu.Unlock()
	if base.ref != "" {
		return base.ref
	}
	image, err := debian.Image(shared.ctx, keptDir(t))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0)))) // ends with the process
	ref, err := name.ParseReference(strings.TrimPrefix(server.URL, "http://") + "/debian/python:3.11")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, image); err != nil {
		t.Fatal(err)
	}
	base.ref = ref.String()
	return base.ref
}

// keptDir has what is made or downloaded once on a machine.
func keptDir(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "ecsctl-e2e")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// makingWheel lets one test make the wheel.
var makingWheel sync.Mutex

// pendulum is a folder with the wheel that Prefect 2 needs and PyPI does not have for this Python, made as
// docs/deploying.md says.
func pendulum(t *testing.T) string {
	t.Helper()
	makingWheel.Lock()
	defer makingWheel.Unlock()
	dir := filepath.Join(keptDir(t), "wheels")
	if made, err := filepath.Glob(filepath.Join(dir, "pendulum-2.1.2-*.whl")); err == nil && len(made) > 0 {
		return dir
	}
	python, err := peers.Program(peers.Prefect2, "python")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", dir,
		"pendulum==2.1.2")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("failed to make a wheel of pendulum: %v\n%s", err, out)
	}
	return dir
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

// networkVariables say how this machine reaches PyPI.
var networkVariables = []string{
	"SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "UV_INDEX_URL",
	"UV_DEFAULT_INDEX",
}

// buildEnv is for those who make images: how PyPI is reached, and what builds share: uv's downloads, and the layers
// that another test has made already.
func buildEnv(t *testing.T) []string {
	t.Helper()
	env := []string{"UV_CACHE_DIR=" + filepath.Join(keptDir(t), "uv"),
		"ECSCTL_CACHE_DIR=" + filepath.Join(shared.dir, "cache")}
	for _, name := range networkVariables {
		if value, set := os.LookupEnv(name); set {
			env = append(env, name+"="+value)
		}
	}
	return env
}
