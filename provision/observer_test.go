package provision

import (
	"ecsctl/provision/spec"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTaskPattern(t *testing.T) {
	t.Parallel()
	s := validSpec()
	s.Pool, s.FlowRuns.Families = "my pool", []string{"mine-*", "x?_1"}
	s.Names = spec.DeriveNames(s.Pool, s.Region)
	const family = "arn:aws:ecs:eu-west-1:123456789012:task-definition/"
	detail := map[string]any{
		"clusterArn": []any{"arn:aws:ecs:eu-west-1:123456789012:cluster/default"},
		"group":      []any{map[string]any{"anything-but": map[string]any{"prefix": "service:"}}},
		"taskDefinitionArn": []any{
			map[string]any{"wildcard": family + "prefect_my-pool_*:*"}, map[string]any{"wildcard": family + "mine-*:*"},
			map[string]any{"wildcard": family + "x*_1:*"},
		},
	}
	want := map[string]any{"source": []any{"aws.ecs"}, "detail-type": []any{"ECS Task State Change"}, "detail": detail}
	wantPattern(t, testWorld(t, s), want)
	// Which families a role of the user's own may run is not known.
	s.Names.WorkerRole = "arn:aws:iam::123456789012:role/mine"
	delete(detail, "taskDefinitionArn")
	wantPattern(t, testWorld(t, s), want)
}

func wantPattern(t *testing.T, w *world, want map[string]any) {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal([]byte(w.taskPattern()), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestEventWildcard(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{"a": "a", "a*": "a*", "a?b": "a*b", "a***?b*": "a*b*"} {
		if got := eventWildcard(pattern); got != want {
			t.Errorf("%s: got %s, want %s", pattern, got, want)
		}
	}
}

// Who reads the queue, and what the worker may do then.
func TestWhoObserves(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		observer *bool
		version  string
		want     bool
		warning  bool
	}{
		"Prefect 3":             {nil, "3.8.8", true, false},
		"Prefect 3, switched":   {ptr(false), "3.8.8", false, false},
		"Prefect 2":             {nil, "2.20.26", false, false},
		"Prefect 2, asked for":  {ptr(true), "2.20.26", false, true},
		"Prefect 3, asked for":  {ptr(true), "3.8.8", true, false},
		"Prefect 2, not wanted": {ptr(false), "2.20.26", false, false},
	} {
		s := validSpec()
		s.Observer, s.Worker.Runtime = test.observer, spec.RuntimePrefect
		w := testWorld(t, s)
		w.server.Version = test.version
		b := &Bootstrap{w: w}
		queue, allowed := w.prefectContainer().Environment["PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_SQS_QUEUE_NAME"],
			newWorkerRole(w).policy()
		if w.Observes() != test.want || (queue == "prefect-etl") != test.want ||
			strings.Contains(allowed, "sqs:ReceiveMessage") != test.want {
			t.Errorf("%s: observes %t, queue %q, policy %s", name, w.Observes(), queue, allowed)
		}
		if warned := len(b.observerWarnings()) > 0; warned != test.warning {
			t.Errorf("%s: warned %t", name, warned)
		}
	}
}

// The worker may do with the queue what it does, and with no other queue.
func TestWorkerReadsItsQueueAlone(t *testing.T) {
	t.Parallel()
	var policy struct {
		Statement []struct {
			Sid              string
			Action, Resource any
		}
	}
	if err := json.Unmarshal([]byte(newWorkerRole(testWorld(t, validSpec())).policy()), &policy); err != nil {
		t.Fatal(err)
	}
	for _, statement := range policy.Statement {
		if !strings.Contains(show(statement.Action), "sqs:") {
			continue
		}
		want := []any{"sqs:GetQueueUrl", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"}
		if diff := cmp.Diff(any(want), statement.Action); diff != "" ||
			statement.Resource != "arn:aws:sqs:eu-west-1:123456789012:prefect-etl" {
			t.Errorf("on %v (-want +got):\n%s", statement.Resource, diff)
		}
		return
	}
	t.Error("the worker may not read its queue")
}
