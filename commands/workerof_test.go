package commands_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsctl/internal/testkit/inventory"
	"ecsctl/prefect"
)

// sharing has a worker of ours for two pools.
type sharing struct{ *counting }

// completes makes a flow run of a new deployment in the pool, which must complete.
func (s *sharing) completes(pool string) {
	s.t.Helper()
	ctx := s.t.Context()
	created, err := s.api.CreateFlowRun(ctx, s.deployment(pool), prefect.FlowRunCreate{})
	s.must(err)
	run := created
	s.eventually(ctx, "a run of "+pool+" ends", func() bool {
		run, err = s.api.ReadFlowRun(ctx, created.ID)
		s.must(err)
		return run.StateType.Terminal()
	})
	if run.StateType != prefect.Completed {
		s.t.Errorf("the run of %s is %s: %s", pool, run.StateName, run.State.Message)
	}
}

// settledPool fails the test when a dry run of the pool still has something to do.
func (s *sharing) settledPool(pool string) {
	s.t.Helper()
	s.Run("bootstrap", "--pool", pool, "--dry-run", "--detailed-exitcode")
}

// TestOneWorkerForTwoPools takes a pool that the worker of another one serves through its life: runs of both complete
// through one service with the rights that the worker has, plans are empty, and its teardown leaves the worker as it
// was.
func TestOneWorkerForTwoPools(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the worker comes out of an image for Linux")
	}
	s := &sharing{newCounting(t)}
	before := s.read()
	s.Run("bootstrap", "--pool", "etl", "--yes")
	alone := s.read()
	s.Run("bootstrap", "--pool", "reports", "--worker-of", "etl", "--yes")
	if services := s.read().Raw()[inventory.Service]; len(services) != 1 {
		t.Errorf("there are the services %v", services)
	}
	for _, pool := range []string{"etl", "reports"} {
		s.completes(pool)
		s.settledPool(pool)
		s.says("status --pool "+pool, "is healthy")
		s.says("doctor --pool "+pool, "0 FAIL, 0 WARN")
	}
	s.Run("bootstrap", "--pool", "etl", "--memory", "1024", "--yes")
	s.completes("reports")
	s.settledPool("reports")
	s.Run("bootstrap", "--pool", "etl", "--yes")
	s.Run("teardown", "--pool", "reports", "--running", "wait", "--yes")
	s.sameWorker(alone)
	s.settledPool("etl")
	s.completes("etl")
	s.Run("teardown", "--pool", "etl", "--running", "wait", "--yes")
	s.same("after both teardowns", before)
}

// says runs ecsctl, which must succeed and say so.
func (s *sharing) says(args, want string) {
	s.t.Helper()
	cmd, out := s.command(strings.Fields(args)...)
	if err := cmd.Run(); err != nil || !strings.Contains(out.String(), want) {
		s.t.Errorf("ecsctl %s: %v, want %q in\n%s", args, err, want, out)
	}
}

// sameWorker fails the test unless the worker may do and does what it did before.
func (s *sharing) sameWorker(want *inventory.Snapshot) {
	s.t.Helper()
	now := s.read()
	for _, kind := range []string{inventory.Role, inventory.Service, inventory.Rule, inventory.Queue,
		inventory.WorkPool} {
		if was, is := fmt.Sprint(want.Normal()[kind]), fmt.Sprint(now.Normal()[kind]); was != is {
			s.t.Errorf("%s was\n%s\nand is\n%s", kind, was, is)
		}
	}
	policies, err := s.Source.IAM.ListRolePolicies(s.t.Context(),
		&iam.ListRolePoliciesInput{RoleName: aws.String("prefect-etl-eu-west-1-worker")})
	s.must(err)
	if !slices.Equal(policies.PolicyNames, []string{"prefect-worker"}) {
		s.t.Errorf("the worker's role has the policies %q", policies.PolicyNames)
	}
}
