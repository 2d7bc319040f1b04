//go:build e2e

package sandbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/inventory"
)

// TestDemoWithRealPrefect is the demo with a real server, whose flow run is the real
// prefect flow-run execute of the guide's my_flow.py; it leaves nothing but the run.
func TestDemoWithRealPrefect(t *testing.T) {
	t.Parallel()
	server := ownServer(t, peers.Prefect3)
	w := newWorld(t, peers.Prefect3, "--prefect-api-url", server.URL)
	source := inventory.NewSource(w.config(), inventory.Prefect{URL: server.URL})
	before, err := source.Read(t.Context())
	w.must(err)
	env := append(w.environ(uvDir(t)), buildEnv(t)...)
	out := w.run(env, shared.binary, "demo", "--prefect-api-url", server.URL, "--venv", filepath.Dir(w.venv), "--base",
		baseImage(t))
	for _, want := range []string{
		"The Prefect server (3.8.8 at " + server.URL + ")",
		"$ prefect --no-prompt deploy my_flow.py:my_flow --name hello --pool my-ecs-pool",
		"Deployment 'my-flow/hello' successfully created", " is Completed", "| Hello from ECS!!",
		"4 existing to use, 16 unchanged",
		"Finished in state Completed()", "| Hello from a flow of your own! 8c6c7633",
		"nothing that ecsctl made is left",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the demo does not say %q:\n%s", want, out)
		}
	}
	after, err := source.Read(t.Context())
	w.must(err)
	if diff := inventory.Diff(before, after); diff != "" {
		t.Errorf("after the demo (-before +after):\n%s", diff)
	}
}

// TestDemoWithAFlowOfYourOwn needs no server: the user's Prefect deploys to the played API, and runs in the flow's
// image.
func TestDemoWithAFlowOfYourOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, peers.Prefect3)
	env := append(w.environ(uvDir(t)), buildEnv(t)...)
	out := w.run(env, shared.binary, "demo", "--venv", filepath.Dir(w.venv), "--base", baseImage(t))
	for _, want := range []string{
		"$ ecsctl deploy flow.py:my_flow --pool my-ecs-pool --run", "dependencies", "from requirements.txt",
		"| Hello from a flow of your own! 8c6c7633", " is Completed", "nothing that ecsctl made is left",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the demo does not say %q:\n%s", want, out)
		}
	}
	t.Log(out)
	if _, err := os.Stat(filepath.Join(w.home, ".cache", "ecsctl")); err == nil {
		t.Error("the demo did not use the cache that ECSCTL_CACHE_DIR names")
	}
}

// TestDemoWithoutPrefect says what to install.
func TestDemoWithoutPrefect(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), shared.binary, "demo", "--prefect-api-url", "http://127.0.0.1:1/api")
	cmd.Env = []string{"PATH=" + t.TempDir(), "HOME=" + t.TempDir()}
	out, err := cmd.CombinedOutput()
	for _, want := range []string{"there is no prefect on PATH", "fix: install it", "add --venv .venv"} {
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("the demo does not say %q: %v\n%s", want, err, out)
		}
	}
}
