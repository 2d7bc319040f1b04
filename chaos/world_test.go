package chaos_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/chaos/flowrun"
	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
	"ecsctl/worker"
)

const pool = "pool"

// world is an account and a Prefect server, played by a sandbox. The test itself reads
// Prefect past the faults.
type world struct {
	t        *testing.T
	server   *sandbox.Server
	api      *prefect.Client
	ecs      *ecs.Client
	dir      string            // with the programs
	executed string            // file with a line for each execution
	ids      map[string]string // how each run is to end, by id
}

func newWorld(t *testing.T, options ...prefectapi.Option) *world {
	t.Helper()
	counted := t.TempDir()
	w := &world{t: t, dir: programs(t), executed: filepath.Join(counted, "executed"), ids: map[string]string{}}
	api := prefectapi.New(options...)
	w.server = must(sandbox.Start(sandbox.Options{
		PrefectAPI: api, Images: map[string]string{"prefecthq/*": w.dir}, Volumes: []string{counted},
	}))(t)
	t.Cleanup(func() {
		if err := w.server.Close(); err != nil {
			t.Error(err)
		}
	})
	direct := httptest.NewServer(api)
	t.Cleanup(direct.Close)
	w.api = must(prefect.New(prefect.Options{APIURL: direct.URL + "/api"}))(t)
	w.ecs = ecs.NewFromConfig(w.server.Config())
	must(w.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{}))(t)
	template := must(w.api.WorkerTemplate(t.Context(), "ecs"))(t)
	must(w.api.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{
		Name: pool, Type: "ecs", BaseJobTemplate: template,
	}))(t)
	return w
}

// deployment makes a deployment whose runs end in that way.
func (w *world) deployment(name, behave string) *prefect.Deployment {
	w.t.Helper()
	flow := must(w.api.CreateFlow(w.t.Context(), "flow"))(w.t)
	variables := must(json.Marshal(map[string]any{"env": map[string]string{
		flowrun.ExecutedFile: w.executed, flowrun.Behaviour: behave, flowrun.Lasts: scaled(4 * time.Second).String(),
	}}))(w.t)
	return must(w.api.CreateDeployment(w.t.Context(), prefect.DeploymentCreate{
		Name: name, FlowID: flow.ID, WorkPoolName: pool, JobVariables: variables,
	}))(w.t)
}

// run makes a flow run that is due.
func (w *world) run(d *prefect.Deployment, behave string) {
	w.t.Helper()
	w.ids[must(w.api.CreateFlowRun(w.t.Context(), d.ID, prefect.FlowRunCreate{}))(w.t).ID] = behave
}

// env is that of a worker with its times scaled from the default ones.
func (w *world) env() []string {
	seconds := func(name string, inEarnest time.Duration) string {
		return fmt.Sprintf("%s=%g", name, scaled(inEarnest).Seconds())
	}
	return append(w.server.Env(), "PATH="+os.Getenv("PATH"), "HOME="+w.dir, "GOGC="+os.Getenv("GOGC"),
		"ECSCTL_CLAIM_GRACE="+scaled(2*time.Minute).String(),
		seconds("PREFECT_WORKER_HEARTBEAT_SECONDS", worker.DefaultHeartbeatInterval),
		seconds("PREFECT_WORKER_QUERY_SECONDS", worker.DefaultQueryInterval))
}

func (w *world) in(states ...prefect.StateType) []prefect.FlowRun {
	w.t.Helper()
	return must(w.api.FilterFlowRuns(w.t.Context(), prefect.FlowRunFilter{StateTypes: states}))(w.t)
}

// executions counts the lines of each run.
func (w *world) executions() map[string]int {
	w.t.Helper()
	out := map[string]int{}
	for line := range strings.Lines(string(must(os.ReadFile(w.executed))(w.t))) {
		out[strings.TrimSpace(line)]++
	}
	return out
}

// tasks are the ARNs of the tasks in the default cluster that are to run or to be stopped.
func (w *world) tasks(status types.DesiredStatus) []string {
	w.t.Helper()
	var arns []string
	pages := ecs.NewListTasksPaginator(w.ecs, &ecs.ListTasksInput{DesiredStatus: status})
	for pages.HasMorePages() {
		arns = append(arns, must(pages.NextPage(w.t.Context()))(w.t).TaskArns...)
	}
	return arns
}
