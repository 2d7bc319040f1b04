//go:build e2e

package sandbox

import (
	"path/filepath"
	"strings"
	"testing"

	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/inventory"
	"ecsctl/internal/testkit/wiretap"
	"ecsctl/prefect"
	"ecsctl/templates"
)

// myFlow is the guide's own.
var myFlow = string(templates.MyFlow)

// workerRuntime is what the service's task runs.
type workerRuntime struct {
	name      string
	bootstrap []string // arguments of ecsctl bootstrap
}

// workerRuntimes are all that there are.
var workerRuntimes = []workerRuntime{
	{name: "prefect-aws", bootstrap: []string{"--runtime", "prefect"}},
	{name: "ecsctl"},
}

// TestGuideInFull has everything real but AWS: server, worker, deployment and flow run; and verify's own.
func TestGuideInFull(t *testing.T) {
	t.Parallel()
	for _, venv := range []string{peers.Prefect3, peers.Prefect2} {
		t.Run(venv, func(t *testing.T) {
			t.Parallel()
			server := ownServer(t, venv)
			for _, runtime := range workerRuntimes {
				t.Run(runtime.name, func(t *testing.T) { goThroughGuide(t, venv, runtime, server.URL) })
			}
		})
	}
}

// TestOfficialWorkerOnPlayedAPI has the official worker as the service's task, and no
// Prefect server at all.
func TestOfficialWorkerOnPlayedAPI(t *testing.T) {
	t.Parallel()
	for _, venv := range []string{peers.Prefect3, peers.Prefect2} {
		t.Run(venv, func(t *testing.T) {
			t.Parallel()
			goThroughGuide(t, venv, workerRuntimes[0], "")
		})
	}
}

// goThroughGuide does all of the guide and takes it away again. server is the real API,
// or "" for the played one.
func goThroughGuide(t *testing.T, venv string, runtime workerRuntime, server string) {
	w := newWorldWith(t, venv, func(w *world) []string {
		args := []string{"--prefect-version", versions[venv]}
		if server != "" {
			args = []string{"--prefect-api-url", server}
		}
		return append(args, "--volume", w.home) // `prefect deploy` stores where the flow lies
	})
	api := w.env["PREFECT_API_URL"]
	source := inventory.NewSource(w.config(), inventory.Prefect{URL: api, Authorization: w.authorization()})
	before, err := source.Read(t.Context())
	w.must(err)
	tap := &wiretap.Tap{}
	base, closeProxy, err := tap.Proxy(w.env["AWS_ENDPOINT_URL"], wiretap.AWS, nil)
	w.must(err)
	defer closeProxy()
	ecsctl := w.environ(filepath.Dir(shared.binary), "AWS_ENDPOINT_URL="+base)
	pool := "full-" + versions[venv][:1]

	bootstrap := append([]string{shared.binary, "bootstrap", "--pool", pool, "--yes", "--wait-timeout", "10m"},
		runtime.bootstrap...)
	w.run(ecsctl, bootstrap...)
	w.waitForWorker(api, pool)
	w.write("my_flow.py", myFlow)
	env := w.environ(w.venv)
	w.prefect(env, "--no-prompt", "deploy", "my_flow.py:my_flow", "--name", "hello", "--pool", pool)
	w.prefect(env, "deployment", "run", "my-flow/hello")
	run := w.waitForRun(api, "hello")
	if run.StateName != "Completed" || !strings.Contains(run.InfrastructurePID, "::") {
		t.Errorf("got %+v", run)
	}
	w.wantLog(api, run.ID, "Hello from ECS!!")
	if server != "" {
		w.verify(ecsctl, pool, source)
	}

	w.prefect(env, "deployment", "delete", "my-flow/hello")
	// The run is Completed a moment before its process, and so its task, has ended.
	w.run(ecsctl, shared.binary, "teardown", "--pool", pool, "--running", "wait", "--yes", "--wait-timeout", "10m")
	after, err := source.Read(t.Context())
	w.must(err)
	if diff := inventory.Diff(before, after); diff != "" {
		t.Errorf("after teardown (-before +after):\n%s", diff)
	}
	w.validate(tap.Calls())
	w.forget(server, run.ID)
}

// forget deletes the flow run from a server that the next runtime uses as well.
func (w *world) forget(server, run string) {
	if server == "" {
		return
	}
	client, err := prefect.New(prefect.Options{APIURL: server})
	w.must(err)
	w.must(client.DeleteFlowRun(w.t.Context(), run))
}
