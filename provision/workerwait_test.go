package provision_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/executable"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// employ is an account whose service has a task that runs. Its `prefect` does nothing,
// so that the test alone says when workers send heartbeats, and its health check has not
// passed yet, as in the first half minute of any worker: ECS may stop it at once.
func employ(t *testing.T) *account {
	a, _ := employer(t)
	return a
}

// employer also tells where the images' programs are.
func employer(t *testing.T) (*account, string) {
	t.Helper()
	images := t.TempDir()
	a := newAccount(t, sandbox.Options{
		Images: map[string]string{"*/*": images}, RestartDelay: 300 * time.Millisecond,
	}, 3)
	one := 1
	a.spec.Worker.Runtime, a.spec.Worker.DesiredCount = spec.RuntimePrefect, &one
	a.program(images, "exec sleep 600")
	return a, images
}

// program is what the images' `prefect` does from now on.
func (a *account) program(images, script string) {
	a.t.Helper()
	file := filepath.Join(images, "prefect")
	err := executable.Write(file+".new", []byte("#!/bin/sh\n"+script+"\n"))
	if err == nil {
		err = os.Rename(file+".new", file) // a shell may be reading the old one
	}
	if err != nil {
		a.t.Fatal(err)
	}
}

// hire applies and tells the result of the wait that follows.
func (a *account) hire(limit time.Duration, between func()) (provision.WorkerStatus, error) {
	a.t.Helper()
	plan, err := provision.NewBootstrap(a.t.Context(), a.options())
	if err != nil {
		a.t.Fatal(err)
	}
	if _, err := plan.Apply(a.t.Context(), silence{}); err != nil {
		a.t.Fatal(err)
	}
	between()
	return plan.WaitForWorker(a.t.Context(), limit, silence{})
}

// beat is a heartbeat of a worker of the service. Its name stays: the host name of a
// task may be that of the one before.
func (a *account) beat() {
	a.t.Helper()
	a.beatAs(*family + "-host")
}

func (a *account) beatAs(name string) {
	a.t.Helper()
	beat := prefect.Heartbeat{Name: name, IntervalSeconds: 600}
	if _, err := a.api.Heartbeat(a.t.Context(), "etl", beat); err != nil {
		a.t.Fatal(err)
	}
}

// beatSoon is one that comes while the task runs.
func (a *account) beatSoon() {
	a.t.Helper()
	a.awaitRunning()
	a.beat()
}

// A worker whose last heartbeat was just before the new deployment began, and is ONLINE for
// long, is the one that it replaces: the wait goes on until the new one fails.
func TestOldWorkerIsNotTakenForOneThatFails(t *testing.T) {
	t.Parallel()
	a := employ(t)
	if _, err := a.hire(patience, a.beatSoon); err != nil {
		t.Fatal(err)
	}
	a.beat() // the old one's last
	a.spec.Worker.Image = "nowhere:1"
	worker, err := a.hire(patience, func() {})
	if err == nil || !strings.Contains(err.Error(), "ECS gave up on the deployment") {
		t.Errorf("got worker %+v, error %v\nbelow it: %v", worker, err, below(err))
	}
}

// The same when the new task runs and sends no heartbeat, and later does.
func TestOldWorkerIsNotTakenForOneThatIsSilent(t *testing.T) {
	t.Parallel()
	a := employ(t)
	if _, err := a.hire(patience, a.beatSoon); err != nil {
		t.Fatal(err)
	}
	a.beat() // the old one's last
	a.spec.Worker.Image = "another/worker:1"
	worker, err := a.hire(2*time.Second, func() {})
	if err == nil || !strings.Contains(err.Error(), "no worker of service") {
		t.Fatalf("got worker %+v, error %v\nbelow it: %v", worker, err, below(err))
	}
	if worker, err := a.hire(patience, a.beatSoon); err != nil || worker.Status != "ONLINE" {
		t.Errorf("got worker %+v, error %v\nbelow it: %v", worker, err, below(err))
	}
}

// The tasks of others in the cluster are none of the service's, also where ListTasks ignores the service's name.
func TestWorkerAmongTasksOfOthers(t *testing.T) {
	t.Parallel()
	a := served(t, 0)
	a.foreignTask()
	a.server.AddFault(fault.Fault{Kind: fault.Unfiltered, Times: -1})
	if worker, err := a.hire(patience, a.beat); err != nil || worker.Status != "ONLINE" {
		t.Errorf("got worker %+v, error %v\nbelow it: %v", worker, err, below(err))
	}
}

// A worker whose name tells its task is known by it: its first heartbeat counts, though the task that it
// replaces still ran then. The second would come half a minute later.
func TestNewWorkerIsKnownByItsTask(t *testing.T) {
	t.Parallel()
	a, images := employer(t)
	a.program(images, `trap 'sleep 1; exit 0' TERM; sleep 600 & wait`) // goes on while it is replaced
	if _, err := a.hire(patience, a.beatSoon); err != nil {
		t.Fatal(err)
	}
	a.spec.Worker.Image = "another/worker:1"
	worker, err := a.hire(patience, func() {
		a.awaitRunning()
		a.beatAs(*family + "-" + a.newestTask())
	})
	if err != nil || !strings.HasPrefix(worker.Name, *family+"-") || worker.Name == *family+"-host" {
		t.Errorf("got worker %+v, error %v\nbelow it: %v", worker, err, below(err))
	}
}

// newestTask is the id of a task of the service's newest deployment that runs.
func (a *account) newestTask() string {
	a.t.Helper()
	list, err := a.source.ECS.ListTasks(a.t.Context(), &ecs.ListTasksInput{ServiceName: family})
	if err != nil {
		a.t.Fatal(err)
	}
	tasks, err := a.source.ECS.DescribeTasks(a.t.Context(), &ecs.DescribeTasksInput{Tasks: list.TaskArns})
	if err != nil {
		a.t.Fatal(err)
	}
	var newest types.Task
	for _, task := range tasks.Tasks {
		runs := aws.ToString(task.LastStatus) == "RUNNING"
		if runs && aws.ToTime(task.CreatedAt).After(aws.ToTime(newest.CreatedAt)) {
			newest = task
		}
	}
	arn := aws.ToString(newest.TaskArn)
	return arn[strings.LastIndex(arn, "/")+1:]
}
