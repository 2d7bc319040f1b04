package prefect_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ecsctl/prefect"
)

// deployed makes a pool, a flow and a deployment, and takes them away at the end.
func deployed(t *testing.T, c *prefect.Client, name string) *prefect.Deployment {
	t.Helper()
	ctx := t.Context()
	_, err := c.CreateWorkPool(ctx, prefect.WorkPoolCreate{Name: name, Type: "ecs"})
	check(t, err, nil, "create pool")
	flow, err := c.CreateFlow(ctx, name, "t")
	check(t, err, nil, "create flow")
	d, err := c.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: "d", FlowID: flow.ID, WorkPoolName: name, JobVariables: json.RawMessage(`{"cpu":512}`),
		Entrypoint: "f.py:f",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(ctx)
		check(t, c.DeleteDeployment(ctx, d.ID), nil, "delete deployment")
		check(t, c.DeleteWorkPool(ctx, name), nil, "delete pool")
		request, err := http.NewRequestWithContext(ctx, http.MethodDelete, c.APIURL()+"/flows/"+flow.ID, nil)
		check(t, err, nil, "delete flow")
		response, err := http.DefaultClient.Do(request)
		check(t, err, nil, "delete flow")
		check(t, response.Body.Close(), nil, "delete flow")
	})
	return d
}

func TestLaunchStory(t *testing.T) {
	t.Parallel()
	servers(t, func(t *testing.T, c *prefect.Client) {
		ctx := t.Context()
		const name = "zz-client-launch"
		d := deployed(t, c, name)
		run, err := c.CreateFlowRun(ctx, d.ID, prefect.FlowRunCreate{
			Name: "r", JobVariables: json.RawMessage(`{"memory":2}`),
		})
		check(t, err, nil, "create run")
		later, err := c.CreateFlowRun(ctx, d.ID, prefect.FlowRunCreate{ScheduledTime: time.Now().Add(time.Hour)})
		check(t, err, nil, "create later run")

		for want, filter := range map[int]prefect.FlowRunFilter{
			2: {DeploymentIDs: []string{d.ID}, StateNames: []string{"Scheduled"}},
			1: {DeploymentIDs: []string{d.ID}, Names: []string{"r"}},
			0: {DeploymentIDs: []string{d.ID}, Names: []string{"nobody"}},
		} {
			if count, err := c.CountFlowRuns(ctx, filter); count != want || err != nil {
				t.Errorf("counted %d, want %d: %v", count, want, err)
			}
		}

		due, err := c.ScheduledFlowRuns(ctx, name, prefect.ScheduledQuery{
			WorkQueueNames: []string{"default"}, ScheduledBefore: time.Now().Add(10 * time.Second),
		})
		check(t, err, nil, "poll")
		if len(due) != 1 || due[0].FlowRun.ID != run.ID || string(due[0].FlowRun.JobVariables) != `{"memory":2}` {
			t.Errorf("due: %+v", due)
		}
		_, err = c.ScheduledFlowRuns(ctx, name, prefect.ScheduledQuery{WorkQueueNames: []string{"none"}})
		check(t, err, prefect.ErrNotFound, "poll a missing queue")

		propose(t, c, run.ID, prefect.StateProposal{
			Type: prefect.Pending, TransitionID: "00000000-0000-4000-8000-000000000001",
		}, prefect.Accept, prefect.Pending)
		// A repeated proposal, as after a lost answer, is accepted as the first was.
		propose(t, c, run.ID, prefect.StateProposal{
			Type: prefect.Pending, TransitionID: "00000000-0000-4000-8000-000000000001",
		}, prefect.Accept, prefect.Pending)
		// Another worker's is not.
		propose(t, c, run.ID, prefect.StateProposal{Type: prefect.Pending}, prefect.Abort, prefect.Pending)
		waiting := propose(t, c, later.ID, prefect.StateProposal{Type: prefect.Running}, prefect.Wait,
			prefect.Scheduled)
		if waiting.Delay < 59*time.Minute || waiting.Delay > time.Hour {
			t.Errorf("delay %v", waiting.Delay)
		}
		propose(t, c, later.ID, prefect.StateProposal{Type: prefect.Cancelling}, prefect.Reject, prefect.Cancelled)

		pid := "cluster::task"
		check(t, c.UpdateFlowRun(ctx, run.ID, prefect.FlowRunUpdate{InfrastructurePID: &pid}), nil, "record the task")
		crashed := propose(t, c, run.ID, prefect.StateProposal{Type: prefect.Crashed, Message: "because"},
			prefect.Accept, prefect.Crashed)
		if crashed.State.Message != "because" {
			t.Errorf("message %q", crashed.State.Message)
		}
		got, err := c.ReadFlowRun(ctx, run.ID)
		check(t, err, nil, "read run")
		if got.InfrastructurePID != pid || got.StateType != prefect.Crashed || !got.StateType.Terminal() ||
			got.WorkPoolName != name || got.WorkQueueName != "default" {
			t.Errorf("run: %s", got.Raw())
		}
	})
}

func propose(t *testing.T, c *prefect.Client, id string, p prefect.StateProposal, want prefect.SetStateStatus,
	in prefect.StateType) *prefect.OrchestrationResult {
	t.Helper()
	got, err := c.SetFlowRunState(t.Context(), id, p)
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != want || got.State == nil || got.State.Type != in {
		t.Errorf("%s: %s %q, state %+v; want %s in %s", p.Type, got.Status, got.Reason, got.State, want, in)
	}
	return got
}

func TestFindStory(t *testing.T) {
	t.Parallel()
	servers(t, func(t *testing.T, c *prefect.Client) {
		ctx := t.Context()
		const name = "zz-client-find"
		d := deployed(t, c, name)
		var names []string
		for _, run := range []string{"a", "b", "c"} {
			made, err := c.CreateFlowRun(ctx, d.ID, prefect.FlowRunCreate{Name: run, IdempotencyKey: name + run})
			check(t, err, nil, "create "+run)
			again, err := c.CreateFlowRun(ctx, d.ID, prefect.FlowRunCreate{Name: "again", IdempotencyKey: name + run})
			check(t, err, nil, "create "+run+" again")
			if again.ID != made.ID {
				t.Errorf("the same key made two runs")
			}
		}
		found, err := c.FilterFlowRuns(ctx, prefect.FlowRunFilter{
			StateTypes: []prefect.StateType{prefect.Scheduled}, StateNames: []string{"Scheduled"},
			DeploymentIDs: []string{d.ID},
			WorkPoolNames: []string{name}, WorkQueueNames: []string{"default"},
			ExpectedBefore: time.Now().Add(time.Hour),
			ExpectedAfter:  time.Now().Add(-time.Hour), Limit: 2, Sort: "NAME_DESC",
		})
		check(t, err, nil, "filter")
		for _, run := range found {
			names = append(names, run.Name)
		}
		if diff := cmp.Diff([]string{"c", "b"}, names); diff != "" {
			t.Error(diff)
		}
		byName, err := c.ReadDeploymentByName(ctx, name, "d")
		check(t, err, nil, "deployment by name")
		byID, err := c.ReadDeployment(ctx, d.ID)
		check(t, err, nil, "deployment by id")
		for _, got := range []*prefect.Deployment{d, byName, byID} {
			if got.ID != d.ID || string(got.JobVariables) != `{"cpu":512}` || got.WorkPoolName != name ||
				got.Entrypoint != "f.py:f" {
				t.Errorf("deployment: %s", got.Raw())
			}
		}
		flow, err := c.ReadFlow(ctx, d.FlowID)
		check(t, err, nil, "flow")
		if flow.Name != name || !cmp.Equal(flow.Tags, []string{"t"}) {
			t.Errorf("flow: %s", flow.Raw())
		}
		for _, run := range found {
			check(t, c.DeleteFlowRun(ctx, run.ID), nil, "delete run")
		}
		_, err = c.ReadFlowRun(ctx, found[0].ID)
		check(t, err, prefect.ErrNotFound, "read a deleted run")
	})
}

func TestLogStory(t *testing.T) {
	t.Parallel()
	servers(t, func(t *testing.T, c *prefect.Client) {
		ctx := t.Context()
		d := deployed(t, c, "zz-client-logs")
		run, err := c.CreateFlowRun(ctx, d.ID, prefect.FlowRunCreate{})
		check(t, err, nil, "create run")
		at := time.Date(2026, 1, 2, 3, 4, 5, 678000, time.UTC)
		lines := []prefect.Log{
			{Name: "w", Level: prefect.LevelInfo, Message: "one", Timestamp: at, FlowRunID: run.ID},
			{Name: "w", Level: prefect.LevelError, Message: "two", Timestamp: at.Add(time.Second), FlowRunID: run.ID},
		}
		check(t, c.CreateLogs(ctx, lines), nil, "create logs")
		check(t, c.CreateLogs(ctx, nil), nil, "create none")
		got, err := c.FlowRunLogs(ctx, run.ID)
		check(t, err, nil, "read logs")
		if diff := cmp.Diff(lines, got); diff != "" {
			t.Error(diff)
		}
		got, err = c.FlowRunLogsAfter(ctx, run.ID, 1)
		check(t, err, nil, "read the rest of the logs")
		if diff := cmp.Diff(lines[1:], got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestQueueAndVariableStory(t *testing.T) {
	t.Parallel()
	servers(t, func(t *testing.T, c *prefect.Client) {
		ctx := t.Context()
		const name = "zz-client-queues"
		deployed(t, c, name)
		_, err := c.CreateWorkQueue(ctx, name, prefect.WorkQueueCreate{Name: "first", Priority: 1})
		check(t, err, nil, "create queue")
		_, err = c.CreateWorkQueue(ctx, name, prefect.WorkQueueCreate{Name: "first"})
		check(t, err, prefect.ErrConflict, "create queue twice")
		yes := true
		check(t, c.UpdateWorkQueue(ctx, name, "first", prefect.WorkQueueUpdate{IsPaused: &yes}), nil, "pause queue")
		queue, err := c.ReadWorkQueue(ctx, name, "first")
		check(t, err, nil, "read queue")
		if !queue.IsPaused || queue.Priority != 1 || queue.Status != "PAUSED" {
			t.Errorf("queue: %+v", queue)
		}
		_, err = c.ReadWorkQueue(ctx, name, "none")
		check(t, err, prefect.ErrNotFound, "read a missing queue")
		queues, err := c.WorkQueues(ctx, name)
		check(t, err, nil, "queues")
		if len(queues) != 2 || queues[1].Name != "default" || queues[1].Priority != 2 {
			t.Errorf("queues: %+v", queues)
		}

		made, err := c.CreateVariable(ctx, "zz_client", "v")
		check(t, err, nil, "create variable")
		_, err = c.CreateVariable(ctx, "zz_client", "v")
		check(t, err, prefect.ErrConflict, "create variable twice")
		got, err := c.ReadVariable(ctx, "zz_client")
		check(t, err, nil, "read variable")
		if diff := cmp.Diff(made, got); diff != "" || string(got.Value) != `"v"` {
			t.Errorf("variable %s %s", got.Value, diff)
		}
		check(t, c.DeleteVariable(ctx, "zz_client"), nil, "delete variable")
		_, err = c.ReadVariable(ctx, "zz_client")
		check(t, err, prefect.ErrNotFound, "read a deleted variable")
		_, err = c.ReadBlockDocument(ctx, "00000000-0000-4000-8000-000000000000")
		check(t, err, prefect.ErrNotFound, "read a missing block")
		_, err = c.ReadBlockDocumentByName(ctx, "secret", "zz-none")
		check(t, err, prefect.ErrNotFound, "read a missing block by name")
	})
}
