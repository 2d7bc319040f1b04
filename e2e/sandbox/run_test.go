//go:build e2e

package sandbox

import (
	"path/filepath"
	"strings"
	"testing"

	"ecsctl/e2e/peers"
	"ecsctl/e2e/wiretap"
	"ecsctl/internal/inventory"
)

// myFlow is the guide's own.
const myFlow = `from prefect import flow
from prefect.logging import get_run_logger


@flow
def my_flow():
    logger = get_run_logger()
    logger.info("Hello from ECS!!")


if __name__ == "__main__":
    my_flow()
`

// TestGuideInFull has everything real but AWS: server, worker, deployment and flow run.
func TestGuideInFull(t *testing.T) {
	for _, venv := range []string{peers.Prefect3, peers.Prefect2} {
		t.Run(venv, func(t *testing.T) {
			server := prefectServer(t, venv)
			w := newWorld(t, venv, "--prefect-api-url", server.URL)
			source := inventory.NewSource(w.config(), inventory.Prefect{URL: server.URL})
			before, err := source.Read(t.Context())
			w.must(err)

			tap := &wiretap.Tap{}
			base, closeProxy, err := tap.Proxy(w.env["AWS_ENDPOINT_URL"], wiretap.AWS, nil)
			w.must(err)
			defer closeProxy()
			ecsctl := w.environ(filepath.Dir(shared.binary), "AWS_ENDPOINT_URL="+base)
			pool := "full-" + versions[venv][:1]

			w.run(ecsctl, shared.binary, "bootstrap", "--pool", pool, "--runtime", "prefect", "--yes", "--wait-timeout", "3m")
			w.waitForWorker(server.URL, pool)
			w.write("my_flow.py", myFlow)
			prefect := w.environ(w.venv)
			w.prefect(prefect, "--no-prompt", "deploy", "my_flow.py:my_flow", "--name", "hello", "--pool", pool)
			w.prefect(prefect, "deployment", "run", "my-flow/hello")
			run := w.waitForRun(server.URL, "hello")
			if run.StateName != "Completed" || !strings.Contains(run.InfrastructurePID, "::") {
				t.Errorf("got %+v", run)
			}
			w.wantLog(server.URL, run.ID, "Hello from ECS!!")

			w.prefect(prefect, "deployment", "delete", "my-flow/hello")
			w.run(ecsctl, shared.binary, "teardown", "--pool", pool, "--yes", "--wait-timeout", "3m")
			after, err := source.Read(t.Context())
			w.must(err)
			if diff := inventory.Diff(before, after); diff != "" {
				t.Errorf("after teardown (-before +after):\n%s", diff)
			}
			w.validate(tap.Calls())
		})
	}
}
