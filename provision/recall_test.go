package provision_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
)

func (a *account) recall(spec spec.Spec) spec.Spec {
	a.t.Helper()
	opts := a.options()
	opts.Spec = spec
	recalled, err := provision.Recall(a.t.Context(), opts)
	if err != nil {
		a.t.Fatal(err)
	}
	return recalled.Spec
}

// Subnets are recalled when they are others than would be chosen today, and so is a
// security group of the user's. What the user says now goes over all of it.
func TestRecallNetwork(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 1)
	a.bootstrap()
	ctx := context.Background()
	subnets, err := a.source.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	if err != nil {
		t.Fatal(err)
	}
	group, err := a.source.EC2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("mine"), Description: aws.String("mine"), VpcId: subnets.Subnets[0].VpcId,
	})
	if err != nil {
		t.Fatal(err)
	}
	a.spec.Network = spec.Network{
		Subnets: []string{*subnets.Subnets[0].SubnetId}, SecurityGroups: []string{*group.GroupId},
	}
	a.bootstrap()
	got := a.recall(spec.Spec{Pool: "etl", Region: region})
	if diff := cmp.Diff(a.spec.Network, got.Network); diff != "" {
		t.Errorf("(-chosen +recalled):\n%s", diff)
	}
	said := spec.Network{VPC: *subnets.Subnets[0].VpcId, SecurityGroups: []string{"sg-0"}}
	if got := a.recall(spec.Spec{Pool: "etl", Region: region, Network: said}); !cmp.Equal(said, got.Network) {
		t.Errorf("what was said now became %+v", got.Network)
	}
}

// Without the Prefect server, and in an account without the pool, there is less to recall
// and no error.
func TestRecallWithLess(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 1)
	said := spec.Spec{Pool: "etl", Region: region}
	if diff := cmp.Diff(said, a.recall(said)); diff != "" {
		t.Errorf("before a bootstrap (-said +recalled):\n%s", diff)
	}
	a.spec.Cluster = "analytics"
	a.bootstrap()
	if err := deletePool(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if got := a.recall(said); got.Cluster != "analytics" {
		t.Errorf("without the pool the cluster is %q", got.Cluster)
	}
}
