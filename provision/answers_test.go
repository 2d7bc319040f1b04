package provision_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
)

// withoutFilters is what an emulator does that ignores the filters of a list: it answers
// with all that there is.
func withoutFilters(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ignoreFilters",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
			middleware.InitializeOutput, middleware.Metadata, error,
		) {
			if groups, ok := in.Parameters.(*ec2.DescribeSecurityGroupsInput); ok {
				groups.Filters = nil
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.Before)
}

// Answers are matched to the question: an account has other security groups than the one
// that was asked for.
func TestAnswersAreMatched(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 1)
	a.cfg.APIOptions = append(a.cfg.APIOptions, withoutFilters)
	before := a.snapshot()
	a.bootstrap()
	a.settled()
	if got := a.recall(spec.Spec{Pool: "etl", Region: region}); len(got.Network.SecurityGroups) > 0 {
		t.Errorf("groups of others are recalled: %q", got.Network.SecurityGroups)
	}
	options := a.options()
	options.Spec = spec.Spec{Pool: "etl", Region: region}
	plan, err := provision.NewTeardown(t.Context(), provision.TeardownOptions{Options: options, Limit: patience})
	if err != nil {
		t.Fatal(err)
	}
	var groups []string
	for _, c := range plan.Changes {
		if c.Kind == provision.KindSecurityGroup {
			groups = append(groups, string(c.Action)+" "+c.Name)
		}
	}
	if diff := cmp.Diff([]string{"delete prefect-etl"}, groups); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := plan.Apply(t.Context(), silence{}); err != nil {
		t.Fatal(err)
	}
	a.same("before", before)
}
