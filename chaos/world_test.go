package chaos_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
	"ecsctl/worker"
)

const pool = "pool"

// world is an account and a Prefect server, played by a sandbox. The test itself reads
// Prefect past the faults.
type world struct {
	t      *testing.T
	server *sandbox.Server
	api    *prefect.Client
	ecs    *ecs.Client
	dir    string            // with ecsctl
	ids    map[string]string // how each run is to end, by id

	mu       sync.Mutex
	executed map[string]int // by run
}

func newWorld(t *testing.T, options ...prefectapi.Option) *world {
	t.Helper()
	w := &world{t: t, dir: programs(t), ids: map[string]string{}, executed: map[string]int{}}
	api := prefectapi.New(options...)
	var inside *prefect.Client // of the containers; meets the faults, as the workers do
	w.server = must(sandbox.Start(sandbox.Options{PrefectAPI: api, Functions: map[string]sandbox.Function{
		"prefecthq/*": func(ctx context.Context, env []string) int { return execute(ctx, env, inside, w.began) },
	}}))(t)
	inside = must(prefect.New(prefect.Options{APIURL: w.server.PrefectAPIURL()}))(t)
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
	return must(w.api.CreateDeployment(w.t.Context(), prefect.DeploymentCreate{
		Name: name, FlowID: flow.ID, WorkPoolName: pool,
		JobVariables: life{scaled(4 * time.Second), behave}.variables(w.t),
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

// began counts an execution.
func (w *world) began(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.executed[id]++
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
