package worker_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/prefect"
	"ecsctl/worker"
)

// claimedByTheOfficial is a run that the official worker has claimed, and no more. It is
// OFFLINE three intervals after its only heartbeat.
func (w *world) claimedByTheOfficial(d *prefect.Deployment, interval int) (id string) {
	w.t.Helper()
	id = w.runs(d, 1)[0]
	must(w.api.Heartbeat(w.t.Context(), pool, prefect.Heartbeat{
		Name: "official-ip-10-0-0-7", IntervalSeconds: interval,
	}))(w.t)
	must(w.api.SetFlowRunState(w.t.Context(), id, prefect.StateProposal{Type: prefect.Pending}))(w.t)
	return id
}

// A run that a worker of another kind has claimed is its own while it may be alive.
func TestForeignClaimsAreLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	id := w.claimedByTheOfficial(w.deployment(nil), 30)
	w.start(impatient)
	w.await(w.runs(w.another("later", nil), 1)[0], prefect.Completed)
	eventually(t, "the grace time to be over", func() bool {
		run := must(w.api.ReadFlowRun(t.Context(), id))(t)
		if run.StateType != prefect.Pending || run.InfrastructurePID != "" {
			t.Fatalf("the run is %s", run.StateName)
		}
		return time.Since(run.State.Timestamp) > 2*time.Second
	})
}

// When nobody is left who can have claimed it, the run is gone on with, by one of several
// workers of ours.
func TestForsakenClaimsAreGoneOnWith(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.8.8", "2.20.26"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{version: version})
			d := w.deployment(nil)
			for _, name := range []string{"service-" + strings.Repeat("0a", 16),
				"service-" + strings.Repeat("1b", 16)} {
				w.start(func(o *worker.Options) {
					impatient(o)
					o.Name = name
				})
			}
			eventually(t, "both workers to be online",
				func() bool { return len(must(w.api.Workers(t.Context(), pool))(t)) == 2 })
			w.onPrefect(noPolls) // the run is for the official worker
			id := w.claimedByTheOfficial(d, 1)
			claimed := time.Now()
			w.await(id, prefect.Completed)
			tasks := w.tasks()
			if len(tasks) != 1 {
				t.Fatalf("the run has %d tasks", len(tasks))
			}
			if early := aws.ToTime(tasks[0].CreatedAt).Sub(claimed); early < 2*time.Second {
				t.Errorf("the run was launched %s after the official worker's heartbeat", early)
			}
		})
	}
}

// A task that the other worker has started before it was gone is the run's.
func TestTheTaskOfAForsakenClaimIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	id := w.claimedByTheOfficial(w.deployment(nil), 1)
	task := w.startedByTheOfficial(id)
	w.start(impatient)
	run := w.await(id, prefect.Crashed)
	if !strings.HasSuffix(run.InfrastructurePID, "::"+task) {
		t.Errorf("the run has the task %q, want %s", run.InfrastructurePID, task)
	}
	if got := len(w.tasks()); got != 1 {
		t.Errorf("the run has %d tasks", got)
	}
}

// startedByTheOfficial is a task that says nothing to Prefect, and which run it is of by its environment alone.
func (w *world) startedByTheOfficial(id string) string {
	w.t.Helper()
	ctx := w.t.Context()
	subnets := must(ec2.NewFromConfig(w.aws).DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{}))(w.t)
	made := must(w.ecs.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("official"), Cpu: aws.String("256"), Memory: aws.String("512"),
		NetworkMode:             types.NetworkModeAwsvpc,
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("prefect"),
			Image: aws.String("prefecthq/prefect:3"), Command: []string{"prefect", "flow-run", "execute"}}},
	}))(w.t)
	out := must(w.ecs.RunTask(ctx, &ecs.RunTaskInput{
		TaskDefinition: made.TaskDefinition.TaskDefinitionArn, LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: &types.NetworkConfiguration{
			AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{*subnets.Subnets[0].SubnetId}}},
		Overrides: &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{Name: aws.String("prefect"),
			Environment: []types.KeyValuePair{
				{Name: aws.String("PREFECT__FLOW_RUN_ID"), Value: &id},
				{Name: aws.String("BEHAVE"), Value: aws.String("silent")},
			}}}},
	}))(w.t)
	return *out.Tasks[0].TaskArn
}

// noPolls answers every poll with nothing.
func noPolls(rw http.ResponseWriter, r *http.Request) bool {
	if !strings.HasSuffix(r.URL.Path, "/get_scheduled_flow_runs") {
		return false
	}
	rw.Header().Set("Content-Type", "application/json")
	_, _ = rw.Write([]byte("[]"))
	return true
}
