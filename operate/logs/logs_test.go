package logs_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/testkit/patient"
	"ecsctl/operate/logs"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

func TestLogsOfAFlowRun(t *testing.T) {
	w := patient.NewWorld(t, "echo Hello from ECS!!\necho done\n")
	run := w.Runs("purple-lemur")
	want := []string{"Hello from ECS!!", "done"}
	for what, name := range map[string]string{"by name": "purple-lemur", "by id": run.ID} {
		w.Eventually(what, func() bool {
			got, err := w.Read(func(o *logs.LogOptions) { o.FlowRun = name })
			return err == nil && cmp.Equal(want, got)
		})
	}
	// ECS forgets stopped tasks; of a cluster that is gone it knows none.
	w.Eventually("the cluster can be deleted", func() bool {
		_, err := w.Clients.ECS.DeleteCluster(t.Context(), &ecs.DeleteClusterInput{Cluster: aws.String("default")})
		return err == nil
	})
	got := patient.Must(w.Read(func(o *logs.LogOptions) { o.FlowRun = run.ID }))(t)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("of a task that is gone (-want +got):\n%s", diff)
	}
	// Of two runs of a name the newest is meant, and that is said.
	second := patient.Must(w.Clients.Prefect.CreateFlowRun(t.Context(), w.Deployment.ID,
		prefect.FlowRunCreate{Name: "purple-lemur"}))(t)
	_, err := w.Read(func(o *logs.LogOptions) { o.FlowRun = "purple-lemur" })
	if err == nil || !strings.Contains(err.Error(), `flow run "purple-lemur" has no ECS task: it is Scheduled`) {
		t.Errorf("got %v for a run without a task", err)
	}
	if last := w.Notes[len(w.Notes)-1]; last != `2 flow runs are called "purple-lemur": this is the newest, `+
		second.ID {
		t.Errorf("noted %q", last)
	}
}

// --follow waits for the task, shows each line once, and ends with the run.
func TestLogsFollow(t *testing.T) {
	w := patient.NewWorld(t, "echo one\nsleep 0.3\necho two\n")
	run := w.Runs("follow-me")
	var got []string
	opts := func(o *logs.LogOptions) { o.FlowRun, o.Follow = run.ID, true }
	done := make(chan error, 1)
	go func() {
		var err error
		got, err = w.Read(opts)
		done <- err
	}()
	w.Eventually("the task has stopped", func() bool {
		list, err := w.Clients.ECS.ListTasks(t.Context(),
			&ecs.ListTasksInput{DesiredStatus: types.DesiredStatusStopped})
		return err == nil && len(list.TaskArns) == 1
	})
	select {
	case err := <-done:
		t.Fatalf("it ended before the run did: %v", err)
	default:
	}
	w.Finish(run)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"one", "two"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLogsFollowEndsWithItsContext(t *testing.T) {
	w := patient.NewWorld(t, "sleep 600\n")
	run := patient.Must(w.Clients.Prefect.CreateFlowRun(t.Context(), w.Deployment.ID, prefect.FlowRunCreate{}))(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancelled := errors.New("noted")
	opts := logs.LogOptions{
		Options: provision.Options{
			Spec: spec.Spec{Region: "eu-west-1"}, Clients: w.Clients, Logger: slog.New(slog.DiscardHandler),
			PollInterval: time.Minute,
		},
		FlowRun: run.ID, Follow: true, Note: func(string) { cancel() },
	}
	err := logs.ReadLogs(ctx, opts, func(logs.LogLine) error { return cancelled })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
