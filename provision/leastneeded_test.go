package provision_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsctl/internal/executable"
	"ecsctl/internal/hint"
	"ecsctl/internal/testkit/inventory"
	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/templates"
)

const teamBoundary = "arn:aws:iam::123456789012:policy/limit"

// bounded is the Spec of a company that demands a boundary and a path.
func (s *somebody) bounded() {
	s.t.Helper()
	_, err := s.source.IAM.CreatePolicy(s.t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("limit"),
		PolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)})
	if err != nil {
		s.t.Fatal(err)
	}
	s.spec.Roles = spec.Roles{Boundary: teamBoundary, Path: "/team/"}
	s.spec.Tags = map[string]string{"team": "data"}
}

// broken are the things that a repair has to put right, all at once.
func (s *somebody) broken() {
	s.t.Helper()
	ctx, api := s.t.Context(), s.source.IAM
	_, unbounded := api.DeleteRolePermissionsBoundary(ctx,
		&iam.DeleteRolePermissionsBoundaryInput{RoleName: workerRole})
	_, untagged := api.UntagRole(ctx, &iam.UntagRoleInput{RoleName: executionRole, TagKeys: []string{"team"}})
	err := errors.Join(unbounded, untagged, detach(ctx, s.account), widenPolicy(ctx, s.account),
		openPort(ctx, s.account), closeEgress(ctx, s.account), changeRetention(ctx, s.account),
		disableRule(ctx, s.account),
		changeSecret(ctx, s.account), moveService(ctx, s.account), removeTarget(ctx, s.account),
		deleteQueue("prefect-etl")(ctx, s.account), associate()(ctx, s.account),
		untag(ctx, s.account, "arn:aws:ecs:eu-west-1:123456789012:cluster/default"),
		trust(trustLambda)(ctx, s.account)) // last: ECS updates no service whose role it cannot take
	if err != nil {
		s.t.Fatal(err)
	}
}

// life is all that bootstrap does: from nothing, again, a repair, and without an observer.
func (s *somebody) life(ctx context.Context) error {
	if err := s.try(ctx); err != nil {
		return err
	}
	if err := s.try(ctx); err != nil {
		return err
	}
	s.broken()
	return s.try(ctx)
}

func TestExactlyTheBootstrapPolicy(t *testing.T) {
	t.Parallel()
	s := enforcedAccount(t)
	s.bounded()
	s.may(s.policyOf(provision.PolicyBootstrap))
	if err := s.life(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(hint.Of(err), "\n"))
	}
	s.settled()
	s.withoutObserver()
	if err := s.try(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.settled()
}

// withoutObserver asks for no observer, with the policy for that.
func (s *somebody) withoutObserver(withheld ...string) {
	s.t.Helper()
	no := false
	s.spec.Observer = &no
	s.may(s.policyOf(provision.PolicyBootstrap), withheld...)
}

// Who has the plain policy and is given no boundary makes no role that has one.
func TestPoliciesWithoutABoundary(t *testing.T) {
	t.Parallel()
	s := enforcedAccount(t)
	s.may(s.policyOf(provision.PolicyBootstrap))
	s.bootstrap()
	s.settled()
	s.may(s.policyOf(provision.PolicyTeardown))
	if err := s.teardown(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Statements without which the sandbox lets everything work: what they are for only AWS
// asks (MakeServiceLinkedRole), or bootstrap does without (docs/security.md).
var notMissed = []string{"MakeServiceLinkedRole", "FindStoppedTasks", "ReadStoppedTasks", "JudgeAdoptedRoles"}

func TestEachStatementOfTheBootstrapPolicyIsNeeded(t *testing.T) {
	t.Parallel()
	probe := enforcedAccount(t)
	probe.bounded()
	for _, st := range probe.policyOf(provision.PolicyBootstrap).Statements {
		if slices.Contains(notMissed, st.Sid) {
			continue
		}
		t.Run(st.Sid, func(t *testing.T) {
			t.Parallel()
			s := enforcedAccount(t)
			s.bounded()
			s.may(s.policyOf(provision.PolicyBootstrap), st.Sid)
			wantMissing(t, s.life(t.Context()), st, "ecsctl policy bootstrap")
		})
	}
	t.Run("RemoveObserver", func(t *testing.T) {
		t.Parallel()
		s := enforcedAccount(t)
		s.may(s.policyOf(provision.PolicyBootstrap))
		s.bootstrap()
		s.withoutObserver("RemoveObserver")
		wantMissing(t, s.try(t.Context()), statement(t, s.policyOf(provision.PolicyBootstrap), "RemoveObserver"),
			"ecsctl policy bootstrap")
	})
}

func statement(t *testing.T, p provision.Policy, sid string) templates.Statement {
	t.Helper()
	i := slices.IndexFunc(p.Statements, func(st templates.Statement) bool { return st.Sid == sid })
	if i < 0 {
		t.Fatalf("policy %s has no statement %s", p.Name, sid)
	}
	return p.Statements[i]
}

// wantMissing: the error names an action of the statement and what it is on, and a hint
// the statement itself.
func wantMissing(t *testing.T, err error, st templates.Statement, command string) {
	t.Helper()
	if err == nil {
		t.Fatalf("all works without %s", st.Sid)
	}
	hints := strings.Join(hint.Of(err), "\n")
	text := strings.ToLower(err.Error())
	named := slices.ContainsFunc(st.Action, func(action string) bool {
		return strings.Contains(text, "not authorized to perform: "+strings.ToLower(action))
	})
	if !named {
		t.Errorf("no action of %s is named in %q", st.Sid, err)
	}
	if len(st.Resource) > 0 && st.Resource[0] != "*" && !strings.Contains(text, "on resource: ") {
		t.Errorf("no resource is named in %q", err)
	}
	if !strings.Contains(hints, st.Sid) || !strings.Contains(hints, command) {
		t.Errorf("the hints do not name %s of %s:\n%s", st.Sid, command, hints)
	}
}

// ready is an account with all that teardown can meet: a service, and a flow run that runs.
func ready(t *testing.T) *somebody {
	t.Helper()
	s := enforcedAccount(t)
	s.may(s.policyOf(provision.PolicyBootstrap))
	s.bootstrap()
	ctx, api := t.Context(), s.source.ECS
	made, err := api.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("prefect_etl_11111111-2222-3333-4444-555555555555"), Cpu: aws.String("256"),
		Memory:                  aws.String("512"),
		NetworkMode:             ecstypes.NetworkModeAwsvpc,
		RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("prefect"), Image: aws.String("flow"),
			Command: []string{"flow"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	service, err := api.DescribeServices(ctx, &ecs.DescribeServicesInput{Services: []string{*family}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = api.RunTask(ctx, &ecs.RunTaskInput{
		TaskDefinition: made.TaskDefinition.TaskDefinitionArn, LaunchType: ecstypes.LaunchTypeFargate,
		NetworkConfiguration: service.Services[0].NetworkConfiguration,
		Tags:                 []ecstypes.Tag{{Key: aws.String("prefect.io/work-pool-name"), Value: aws.String("etl")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sleepImage is a directory with a program that goes on until it is stopped.
func sleepImage(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := executable.Write(filepath.Join(dir, "flow"), []byte("#!/bin/sh\nexec sleep 60\n")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestExactlyTheTeardownPolicy(t *testing.T) {
	t.Parallel()
	s := ready(t)
	s.may(s.policyOf(provision.PolicyTeardown))
	if err := s.teardown(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(hint.Of(err), "\n"))
	}
	if err := s.teardown(t.Context()); err != nil { // what is gone already is no error
		t.Fatalf("%v\n%s", err, strings.Join(hint.Of(err), "\n"))
	}
}

// bootstrapSecond sets up another pool in the cluster of the first.
func (s *somebody) bootstrapSecond() {
	s.t.Helper()
	s.spec.Pool = "second"
	s.may(s.policyOf(provision.PolicyBootstrap))
	s.bootstrap()
	s.spec.Pool = "etl"
}

// The same where another pool gets the cluster, and then removes it, though Prefect has lost it.
func TestExactlyTheTeardownPolicyOfTwoPools(t *testing.T) {
	t.Parallel()
	s := ready(t)
	before := s.snapshot()
	s.bootstrapSecond()
	s.may(s.policyOf(provision.PolicyTeardown))
	if err := s.teardown(t.Context()); err == nil || err.Error() != "something is left: default" {
		t.Fatalf("%v\n%s", err, strings.Join(hint.Of(err), "\n"))
	}
	if err := s.prefect(t.Context(), http.MethodDelete, "/work_pools/second", ""); err != nil {
		t.Fatal(err)
	}
	s.spec.Pool = "second"
	s.may(s.policyOf(provision.PolicyTeardown))
	if err := s.teardown(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(hint.Of(err), "\n"))
	}
	if diff := inventory.Diff(before, s.snapshot()); strings.Contains(diff, "+ ") {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

func TestEachStatementOfTheTeardownPolicyIsNeeded(t *testing.T) {
	t.Parallel()
	for _, st := range enforcedAccount(t).policyOf(provision.PolicyTeardown).Statements {
		t.Run(st.Sid, func(t *testing.T) {
			t.Parallel()
			s := ready(t)
			if st.Sid == "HandOnCluster" { // needed when another pool is in the cluster
				s.bootstrapSecond()
			}
			if st.Sid == "FindClusters" { // needed when the pool is gone
				if err := deletePool(t.Context(), s.account); err != nil {
					t.Fatal(err)
				}
			}
			s.may(s.policyOf(provision.PolicyTeardown), st.Sid)
			wantMissing(t, s.teardown(t.Context()), st, "ecsctl policy teardown")
		})
	}
}
