package provision_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/hint"
	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// unsettled is an account in which changes are seen late, and AWS says conflict where it can.
func unsettled(t *testing.T) *account {
	t.Helper()
	faults := []fault.Fault{{Service: "ecs", Operation: "DeleteCluster", Kind: fault.Conflict}}
	for _, operation := range []string{"PutRolePolicy", "DeleteRole", "DetachRolePolicy"} {
		faults = append(faults, fault.Fault{Service: "iam", Operation: operation, Kind: fault.Conflict})
	}
	return newAccount(t, sandbox.Options{Lag: 2, Faults: faults}, 6)
}

// soon is the limit of a teardown that something may be in the way of.
const soon = 3 * time.Second

// tryTeardown plans, applies and looks again, as the command does. stands are the kinds that are still there.
func (a *account) tryTeardown(ctx context.Context, limit time.Duration) (stands []string, err error) {
	options := a.options()
	options.Spec = spec.Spec{Pool: "etl", Region: region}
	plan, err := provision.NewTeardown(ctx, provision.TeardownOptions{Options: options, Limit: limit})
	if err != nil {
		return nil, err
	}
	_, err = plan.Apply(ctx, silence{})
	left, again := plan.Left(ctx)
	for _, c := range left {
		if c.Action != provision.Leave {
			stands = append(stands, string(c.Kind))
		}
	}
	return stands, errors.Join(err, again)
}

// writesOf are the operations with which do writes, each once.
func writesOf(t *testing.T, prepare, do func(*account)) []string {
	t.Helper()
	a := unsettled(t)
	prepare(a)
	a.tap.Reset()
	do(a)
	var out []string
	for _, operation := range slices.Compact(a.tap.Writes()) {
		if !strings.Contains(operation, "/") { // of Prefect, which no SDK calls
			out = append(out, operation)
		}
	}
	if len(out) < 8 {
		t.Fatalf("only %q", out)
	}
	return out
}

func nothing(*account) {}

// removed takes everything away, which must succeed and leave nothing.
func (a *account) removed() {
	a.t.Helper()
	stands, err := a.tryTeardown(a.t.Context(), patience)
	if err != nil || len(stands) > 0 {
		a.t.Fatalf("left %q, %v\nbelow it: %v", stands, err, below(err))
	}
}

// A whole teardown comes between any write of another and what was before it: both succeed.
func TestTeardownsAtOnce(t *testing.T) {
	t.Parallel()
	for _, operation := range writesOf(t, (*account).bootstrap, (*account).removed) {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			a := unsettled(t)
			before := a.snapshot()
			a.bootstrap()
			a.meanwhile(operation, a.removed, a.removed)
			a.sameAs(before)
		})
	}
}

// wantAdvice fails the test for an error any part of which does not say what to do.
func (a *account) wantAdvice(err error) {
	a.t.Helper()
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // its parts are looked at
		for _, part := range joined.Unwrap() {
			a.wantAdvice(part)
		}
		return
	}
	if err != nil && len(hint.Of(err)) == 0 {
		a.t.Errorf("%v\nsays not what to do; below it: %v", err, below(err))
	}
}

// A whole bootstrap comes between any write of a teardown and what was before it. The teardown fails
// with advice or says what is left; bootstrap and teardown that are run again succeed.
func TestBootstrapBesideTeardown(t *testing.T) {
	t.Parallel()
	for _, operation := range writesOf(t, (*account).bootstrap, (*account).removed) {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			a := unsettled(t)
			before := a.snapshot()
			a.bootstrap()
			var stands []string
			var err error
			a.meanwhile(operation, func() { a.wantAdvice(a.try(t.Context())) },
				func() { stands, err = a.tryTeardown(t.Context(), soon) })
			if err == nil && len(stands) == 0 {
				a.sameAs(before)
			}
			a.wantAdvice(err)
			a.bootstrap()
			a.server.SetLag(0)
			a.settled()
			a.removed()
			a.sameAs(before)
		})
	}
}

// A whole teardown comes between any write of a bootstrap and what was before it.
func TestTeardownBesideBootstrap(t *testing.T) {
	t.Parallel()
	for _, operation := range writesOf(t, nothing, (*account).bootstrap) {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			a := unsettled(t)
			before := a.snapshot()
			a.meanwhile(operation, func() {
				_, err := a.tryTeardown(t.Context(), soon)
				a.wantAdvice(err)
			}, func() { a.wantAdvice(a.try(t.Context())) })
			a.bootstrap()
			a.server.SetLag(0)
			a.settled()
			a.removed()
			a.sameAs(before)
		})
	}
}

// A service that a bootstrap makes anew, right before the teardown deletes the cluster, is told as that: the cluster
// is not waited for.
func TestBootstrapBeforeTheClusterGoes(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 6)
	a.bootstrap()
	subnets, err := a.source.EC2.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{})
	if err != nil {
		t.Fatal(err)
	}
	anew := func() {
		in := &ecs.CreateServiceInput{ServiceName: family,
			DesiredCount: aws.Int32(0), LaunchType: types.LaunchTypeFargate,
			TaskDefinition: aws.String(a.registerFamily("anew")),
			NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
				Subnets: []string{*subnets.Subnets[0].SubnetId}}}}
		a.eventually("the service to be drained", func() bool {
			_, err := a.source.ECS.CreateService(t.Context(), in)
			if err != nil && !strings.Contains(err.Error(), "still Draining") {
				t.Error(err)
				return true
			}
			return err == nil
		})
	}
	a.meanwhile("ecs:DeleteCluster", anew, func() { _, err = a.tryTeardown(t.Context(), patience) })
	if err == nil || !strings.Contains(err.Error(), `service "prefect-worker-etl" was made in it anew`) {
		t.Errorf("got %v", err)
	}
	a.wantAdvice(err)
}

// The service that another bootstrap made is not seen yet when ECS refuses to make it: it is waited for.
func TestServiceOfAnotherBootstrapIsSeenLate(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{Lag: 3}, 6)
	a.meanwhile("ecs:CreateService", a.bootstrap, a.bootstrap)
	a.server.SetLag(0)
	a.settled()
}

// The service's task definition is taken away before the service is made with it: deregistered, or deleted too.
func TestDefinitionGoneBeforeTheService(t *testing.T) {
	t.Parallel()
	for _, deleted := range []bool{false, true} {
		a := newAccount(t, sandbox.Options{}, 0)
		a.meanwhile("ecs:CreateService", func() {
			family := aws.String("prefect-worker-etl:1")
			_, err := a.source.ECS.DeregisterTaskDefinition(t.Context(),
				&ecs.DeregisterTaskDefinitionInput{TaskDefinition: family})
			if err == nil && deleted {
				_, err = a.source.ECS.DeleteTaskDefinitions(t.Context(),
					&ecs.DeleteTaskDefinitionsInput{TaskDefinitions: []string{*family}})
			}
			if err != nil {
				t.Error(err)
			}
		}, func() {
			err := a.try(t.Context())
			if err == nil {
				t.Error("the service was made")
			}
			a.wantAdvice(err)
		})
		a.bootstrap()
		a.settled()
	}
}
