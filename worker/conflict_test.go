package worker

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/jobtemplate"
	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/templates"
	"ecsctl/worker/awsaccess"
)

// briefly is the patience of tests.
var briefly = patience{limit: time.Second}

// launcher are the stages from register on, against a sandbox.
type launcher struct {
	prefect  *prefect.Client
	clients  *awsaccess.Clients
	register *register
	launch   *launch
}

func newLauncher(t *testing.T) *launcher {
	t.Helper()
	server, err := sandbox.Start(sandbox.Options{Images: map[string]string{"prefecthq/*": "/bin"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	clients, err := awsaccess.NewSets(server.Config(), nil, nil).Of(t.Context(), jobtemplate.Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := clients.ECS.CreateCluster(t.Context(), &ecs.CreateClusterInput{}); err != nil {
		t.Fatal(err)
	}
	key, authString := server.PrefectCredentials()
	api, err := prefect.New(prefect.Options{
		APIURL: server.PrefectAPIURL(), APIKey: prefect.Secret(key), AuthString: prefect.Secret(authString),
	})
	if err != nil {
		t.Fatal(err)
	}
	return &launcher{api, clients, &register{patience: briefly}, &launch{
		patience: briefly, networks: networks{patience: briefly, known: &cache[jobtemplate.Network]{}},
	}}
}

// Run launches a job of the official template for a worker of that name.
func (l *launcher) Run(t *testing.T, workerName string, c candidate) task {
	t.Helper()
	job, err := jobtemplate.Resolve(jobtemplate.Inputs{
		BaseJobTemplate: templates.ECSBaseJobTemplate, WorkerName: workerName, PrefectVersion: "3.8.8",
		FlowRun:      json.RawMessage(`{"id": "` + c.run.ID + `", "name": "run"}`),
		JobVariables: json.RawMessage(`{"command": "sleep 600"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	used, err := l.register.definition(t.Context(), silence, l.clients, job, c.found)
	if err != nil {
		t.Fatal(err)
	}
	c.standing = &standing{claim: &claim{api: l.prefect}, log: silence, cand: c, known: time.Now()}
	made, err := l.launch.Run(t.Context(), silence, l.clients, job, used, c)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// Claimed is a flow run that a worker has claimed.
func (l *launcher) Claimed(t *testing.T) candidate {
	t.Helper()
	flow, err := l.prefect.CreateFlow(t.Context(), "flow")
	if err != nil {
		t.Fatal(err)
	}
	deployment, err := l.prefect.CreateDeployment(t.Context(), prefect.DeploymentCreate{Name: "d", FlowID: flow.ID})
	if err != nil {
		t.Fatal(err)
	}
	run, err := l.prefect.CreateFlowRun(t.Context(), deployment.ID, prefect.FlowRunCreate{})
	if err != nil {
		t.Fatal(err)
	}
	c := candidate{run: prefect.FlowRun{ID: run.ID}, found: time.Now()}
	c.claim = l.claim(t, c)
	return c
}

// claim claims the run, anew if it was claimed before.
func (l *launcher) claim(t *testing.T, c candidate) string {
	t.Helper()
	for _, state := range []prefect.StateType{prefect.Scheduled, prefect.Pending} {
		if _, err := l.prefect.SetFlowRunState(t.Context(), c.run.ID, prefect.StateProposal{
			Type: state, Force: state == prefect.Scheduled,
		}); err != nil {
			t.Fatal(err)
		}
	}
	run, err := l.prefect.ReadFlowRun(t.Context(), c.run.ID)
	if err != nil {
		t.Fatal(err)
	}
	return run.State.ID
}

// Two workers launch a run for the same claim. Their requests differ (each
// names itself), so ECS answers the second with a conflict: it takes the task over.
func TestAConflictIsAdopted(t *testing.T) {
	t.Parallel()
	l := newLauncher(t)
	c := l.Claimed(t)
	first, again, other := l.Run(t, "w1", c), l.Run(t, "w1", c), l.Run(t, "w2", c)
	if again != first || other != first {
		t.Errorf("three tries for one claim: %v, %v, %v", first, again, other)
	}
	c.claim = l.claim(t, c)
	if next := l.Run(t, "w1", c); next.arn == first.arn {
		t.Error("the next claim of the run got the task of the last")
	}
}

func TestClusterOf(t *testing.T) {
	t.Parallel()
	for arn, want := range map[string]string{
		"arn:aws-cn:ecs:cn-north-1:1:task/prod/abc": "arn:aws-cn:ecs:cn-north-1:1:cluster/prod",
		"arn:aws:ecs:us-east-1:1:task/abc":          "given", // the old form names no cluster
	} {
		if got := clusterOf(arn, "given"); got != want {
			t.Errorf("%s: got %q, want %q", arn, got, want)
		}
	}
}

func TestRefusalsThatMayPass(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]bool{
		"RESOURCE:MEMORY": true, "RESOURCE:ENI": true, "AGENT": true,
		"Capacity is unavailable at this time. Please try again later or in a different availability zone": true,
		"You’ve reached the limit on the number of vCPUs you can run concurrently. For more information, see the " +
			"Troubleshooting section.": true,
		"No Container Instances were found in your cluster.": true,
		"ATTRIBUTE": false, "MISSING": false,
	} {
		if got := isCapacity(&refusedError{reason: reason}); got != want {
			t.Errorf("%s: got %t", reason, got)
		}
	}
}
