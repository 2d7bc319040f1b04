package provision_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/internal/hint"
	"ecsctl/internal/testkit/wiretap"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
)

// served is an account with a service whose one task runs until it is stopped.
func served(t *testing.T, lag int) *account {
	t.Helper()
	a := newAccount(t, sandbox.Options{Lag: lag, Functions: map[string]sandbox.Function{
		"prefecthq/*": untilStopped, "flow": untilStopped,
	}}, 6)
	one := 1
	a.spec.Worker.DesiredCount, a.spec.Worker.Runtime = &one, spec.RuntimePrefect
	a.bootstrap()
	a.eventually("the service's task to run", func() bool { return a.runningTasks() > 0 })
	return a
}

// eventually waits for what the sandbox does by itself.
func (a *account) eventually(what string, done func() bool) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			a.t.Fatalf("waited in vain for %s", what)
		}
	}
}

func (a *account) runningTasks() int32 {
	a.t.Helper()
	out, err := a.source.ECS.DescribeServices(a.t.Context(), &ecs.DescribeServicesInput{Services: []string{*family}})
	if err != nil {
		a.t.Fatal(err)
	}
	if len(out.Services) == 0 {
		return 0
	}
	return out.Services[0].RunningCount
}

// putBack sets the desired count to 1, and waits for the task, before the first n calls of an operation that come
// after the teardown has set it to 0. So no look finds the service without tasks by chance.
func (a *account) putBack(operation string, n int) {
	drained := false
	a.tap.Inject(func(call wiretap.Call) *wiretap.Fault {
		switch {
		case call.Operation == "ecs:UpdateService":
			drained = true
		case drained && call.Operation == operation && n > 0:
			n--
			_, err := a.source.ECS.UpdateService(a.t.Context(), &ecs.UpdateServiceInput{Service: family,
				DesiredCount: aws.Int32(1)})
			if err != nil {
				a.t.Error(err)
				return nil
			}
			a.eventually("the task to run again", func() bool { return a.runningTasks() > 0 })
		}
		return nil
	})
}

// A desired count that somebody puts back while the service drains, or right before it is deleted, is set
// to 0 again.
func TestDesiredCountPutBack(t *testing.T) {
	t.Parallel()
	for name, operation := range map[string]string{"while it drains": "ecs:DescribeServices",
		"before it is deleted": "ecs:DeleteService"} {
		for kind, lag := range map[string]int{"at once": 0, "late": 5} {
			t.Run(name+", "+kind, func(t *testing.T) {
				t.Parallel()
				a := served(t, lag)
				a.putBack(operation, 1)
				a.removed()
			})
		}
	}
}

// A desired count of 0 that is seen late is nobody's putting it back.
func TestDesiredCountSeenLate(t *testing.T) {
	t.Parallel()
	a := served(t, 5)
	a.tap.Reset()
	a.removed()
	drained := 0
	for _, call := range a.tap.Calls() {
		if call.Operation == "ecs:UpdateService" {
			drained++
		}
	}
	if drained != 1 {
		t.Errorf("the desired count was set %d times", drained)
	}
}

// Where something does so each time, teardown says what it may be, and does not wait for its limit.
func TestDesiredCountPutBackForEver(t *testing.T) {
	t.Parallel()
	for name, operation := range map[string]string{"while it drains": "ecs:DescribeServices",
		"before it is deleted": "ecs:DeleteService"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := served(t, 0)
			a.putBack(operation, 1000)
			_, err := a.tryTeardown(t.Context(), patience)
			want := `service "prefect-worker-etl": its desired count was set to 0 4 times, and something sets it higher each time`
			if err == nil || err.Error() != want || !strings.Contains(strings.Join(hint.Of(err), "\n"),
				"Auto Scaling") {
				t.Errorf("%v\n%s", err, strings.Join(hint.Of(err), "\n"))
			}
		})
	}
}

// A service that another teardown deletes right before this one sets its desired count to 0 is no error.
func TestDrainedByAnotherTeardown(t *testing.T) {
	t.Parallel()
	a := served(t, 0)
	a.meanwhile("ecs:UpdateService", func() {
		_, err := a.source.ECS.DeleteService(t.Context(), &ecs.DeleteServiceInput{
			Service: family, Force: aws.Bool(true),
		})
		if err != nil {
			t.Error(err)
		}
	}, a.removed)
}
