//go:build e2e

package sandbox

import (
	_ "embed"
	"path/filepath"
	"strings"
	"testing"

	"ecsctl/e2e/peers"
)

//go:embed boto.py
var botoScript string

//go:embed client.py
var clientScript string

func TestBoto3(t *testing.T) {
	w := newWorld(t, peers.Prefect3)
	out := w.run(w.environ(w.venv), filepath.Join(w.venv, "python"), "-c", botoScript)
	if !strings.HasSuffix(out, "all fine\n") {
		t.Errorf("got %q", out)
	}
}

// TestPrefectClient uses the played API as programs and flows do.
func TestPrefectClient(t *testing.T) {
	t.Parallel()
	for _, venv := range []string{peers.Prefect3, peers.Prefect2} {
		t.Run(venv, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, venv, "--prefect-version", versions[venv])
			env := w.environ(w.venv)
			w.prefect(env, "work-pool", "create", "--type", "ecs", "my-ecs-pool")
			out := w.run(env, filepath.Join(w.venv, "python"), "-c", clientScript)
			if !strings.HasSuffix(out, "all fine\n") {
				t.Errorf("got %q", out)
			}
		})
	}
}
