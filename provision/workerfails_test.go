package provision_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
)

// awaitService waits until the service meets the condition.
func (a *account) awaitService(what string, ok func(types.Service) bool) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	for {
		out, err := a.source.ECS.DescribeServices(ctx, &ecs.DescribeServicesInput{Services: []string{*family}})
		if err != nil {
			a.t.Fatal(err)
		}
		if ok(out.Services[0]) {
			return
		}
		select {
		case <-ctx.Done():
			a.t.Fatal("the service does not meet the condition: " + what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// awaitRunning waits until the service runs a task of its newest deployment.
func (a *account) awaitRunning() {
	a.t.Helper()
	a.awaitService("a task runs", func(s types.Service) bool { return s.Deployments[0].RunningCount > 0 })
}

func (a *account) awaitGivenUp() {
	a.t.Helper()
	a.awaitService("given up", func(s types.Service) bool {
		return s.Deployments[0].RolloutState == types.DeploymentRolloutStateFailed
	})
}

// givenUp has a service whose worker ended each time, until ECS gave up on its deployment.
func givenUp(t *testing.T) (a *account, images string) {
	t.Helper()
	a, images = employer(t)
	a.program(images, "exit 3")
	if _, err := a.hire(patience, func() {}); err == nil {
		t.Fatal("a worker that ends counts as one that came online")
	}
	a.awaitGivenUp()
	return a, images
}

// A deployment on which ECS gave up is a change, which a new deployment fixes.
func TestFailedDeploymentIsStartedAnew(t *testing.T) {
	t.Parallel()
	a, images := givenUp(t)
	if diff := cmp.Diff([]string{"service update"}, a.plan()); diff != "" {
		t.Errorf("the plan (-want +got):\n%s", diff)
	}
	a.program(images, "exec sleep 600")
	if worker, err := a.hire(patience, a.beatSoon); err != nil || worker.Status != "ONLINE" {
		t.Errorf("got worker %+v, error %v\nbelow it: %v", worker, err, below(err))
	}
	if changes := a.plan(); len(changes) != 0 {
		t.Errorf("there is still something to do: %q", changes)
	}
}

// ECS itself may never give up: its breaker counts no task that was healthy once.
func TestWaitEndsWhenTasksEndAgainAndAgain(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*account){
		"exit code": func(*account) {},
		"no image":  func(a *account) { a.spec.Worker.Image = "nowhere:1" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, images := employer(t)
			a.program(images, "exit 3")
			change(a)
			none := 0
			a.spec.Worker.DesiredCount = &none
			a.bootstrap()
			a.spec.Worker.DesiredCount = nil
			_, err := a.hire(patience, func() {
				off := types.DeploymentConfiguration{DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{}}
				change := func(in *ecs.UpdateServiceInput) {
					in.DeploymentConfiguration, in.DesiredCount = &off,
						aws.Int32(1)
				}
				if err := updateService(change)(t.Context(), a); err != nil {
					t.Fatal(err)
				}
			})
			if err == nil || !strings.Contains(err.Error(), "the worker's last 3 tasks ended in the same way") {
				t.Errorf("got error %v\nbelow it: %v", err, below(err))
			}
		})
	}
}

// A task that ECS scaled in later than others failed tells nothing: the reason is that of those.
func TestTheReasonIsThatOfATaskThatFailed(t *testing.T) {
	t.Parallel()
	a, images := givenUp(t)
	a.program(images, "exec sleep 600")
	update := func(change func(*ecs.UpdateServiceInput)) {
		t.Helper()
		if err := updateService(change)(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	update(func(in *ecs.UpdateServiceInput) { in.ForceNewDeployment = true })
	a.awaitRunning()
	update(func(in *ecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(0) })
	a.awaitService("nothing runs", func(s types.Service) bool { return s.RunningCount == 0 })
	_, err := a.hire(2*time.Second, func() {})
	if err == nil || !strings.Contains(err.Error(), "exited with code 3") ||
		strings.Contains(err.Error(), "Scaling activity") {
		t.Errorf("got error %v", err)
	}
}

// A deployment that failed and still drains says nothing of the one that follows it.
func TestOlderFailedDeploymentIsHistory(t *testing.T) {
	t.Parallel()
	a, images := employer(t)
	four := 4
	a.spec.Worker.DesiredCount = &four
	end := filepath.Join(images, "end")
	a.program(images, `mkdir "$0.first" || exit 1
trap "" TERM
until [ -e '`+end+`' ]; do sleep 0.05; done`)
	if _, err := a.hire(patience, func() {}); err == nil {
		t.Fatal("workers that end count as online")
	}
	a.awaitGivenUp()
	a.program(images, "exec sleep 600")
	if _, err := a.hire(2*time.Second, func() {}); err == nil ||
		!strings.Contains(err.Error(), "came online within 2s") {
		t.Errorf("got error %v\nbelow it: %v", err, below(err))
	}
	if err := os.WriteFile(end, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	worker, err := a.hire(patience, func() {
		a.awaitService("drained", func(s types.Service) bool { return len(s.Deployments) == 1 && s.RunningCount == 4 })
		a.beat()
	})
	if err != nil || worker.Status != "ONLINE" {
		t.Errorf("got worker %+v, error %v\nbelow it: %v", worker, err, below(err))
	}
}
