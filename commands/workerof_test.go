package commands_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsctl/internal/executable"
	"ecsctl/internal/testkit/inventory"
	"ecsctl/internal/testkit/stage"
	"ecsctl/prefect"
	"ecsctl/sandbox"
)

// sharing is an account in which policies count, with a worker of ours for two pools.
type sharing struct {
	*account
	api      *prefect.Client
	executed string
}

func newSharing(t *testing.T) *sharing {
	t.Helper()
	images, err := stage.WorkerImages()
	if err != nil {
		t.Fatal(err)
	}
	counted := t.TempDir()
	s := &sharing{account: openAccount(t, sandbox.Options{
		EnforceIAM: true, Images: images, Volumes: []string{counted},
	}), executed: filepath.Join(counted, "executed")}
	program, err := stage.RealECSCTL()
	s.must(err)
	binary := filepath.Join(s.dir, "ecsctl-real")
	s.must(executable.Write(binary, program))
	s.env = append(s.env, "ECSCTL_BINARY="+binary)
	s.api, err = prefect.New(prefect.Options{APIURL: s.Server.PrefectAPIURL()})
	s.must(err)
	return s
}

// completes makes a flow run of a new deployment in the pool, which must complete.
func (s *sharing) completes(pool string) {
	s.t.Helper()
	ctx := s.t.Context()
	flow, err := s.api.CreateFlow(ctx, "flow")
	s.must(err)
	variables, err := json.Marshal(map[string]any{"env": map[string]string{stage.ExecutedFile: s.executed}})
	s.must(err)
	made, err := s.api.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: pool, FlowID: flow.ID, WorkPoolName: pool, JobVariables: variables,
	})
	s.must(err)
	created, err := s.api.CreateFlowRun(ctx, made.ID, prefect.FlowRunCreate{})
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
	s := newSharing(t)
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
