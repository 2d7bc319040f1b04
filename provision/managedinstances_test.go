package provision_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsctl/internal/hint"
	"ecsctl/internal/testkit/wiretap"
	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

const (
	instanceRole       = "ecsInstanceRole-etl-eu-west-1"
	infrastructureRole = "prefect-etl-eu-west-1-infra"
)

// nat gives the default VPC private subnets in two zones with a NAT gateway, where tasks on instances get out.
func (a *account) nat() {
	a.t.Helper()
	ctx, api := a.t.Context(), a.source.EC2
	all, err := api.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	a.must(err)
	vpc, public := all.Subnets[0].VpcId, all.Subnets[0].SubnetId
	address, err := api.AllocateAddress(ctx, &ec2.AllocateAddressInput{})
	a.must(err)
	gateway, err := api.CreateNatGateway(ctx,
		&ec2.CreateNatGatewayInput{SubnetId: public, AllocationId: address.AllocationId})
	a.must(err)
	table, err := api.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: vpc})
	a.must(err)
	id := table.RouteTable.RouteTableId
	_, err = api.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: id, DestinationCidrBlock: aws.String("0.0.0.0/0"),
		NatGatewayId: gateway.NatGateway.NatGatewayId})
	a.must(err)
	for i, zone := range []string{"eu-west-1a", "eu-west-1b"} {
		made, err := api.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc, AvailabilityZone: &zone,
			CidrBlock: aws.String(fmt.Sprintf("172.31.%d.0/24", 200+i))})
		a.must(err)
		_, err = api.AssociateRouteTable(ctx,
			&ec2.AssociateRouteTableInput{RouteTableId: id, SubnetId: made.Subnet.SubnetId})
		a.must(err)
	}
}

func (a *account) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// managed is an account in which flow runs are to use Managed Instances.
func managed(t *testing.T, opts sandbox.Options, attempts int) *account {
	t.Helper()
	a := newAccount(t, opts, attempts)
	a.nat()
	a.spec.FlowRuns.Capacity = spec.CapacityManagedInstances
	return a
}

// capacityProvider is that of the pool; nil when there is none.
func (a *account) capacityProvider() *types.CapacityProvider {
	a.t.Helper()
	out, err := a.source.ECS.DescribeCapacityProviders(a.t.Context(), &ecs.DescribeCapacityProvidersInput{
		Cluster: aws.String("default"), CapacityProviders: []string{"prefect-etl"}})
	a.must(err)
	if len(out.CapacityProviders) == 0 || out.CapacityProviders[0].Status == types.CapacityProviderStatusInactive {
		return nil
	}
	return &out.CapacityProviders[0]
}

// A bootstrap makes what Managed Instances need, a second has nothing to do, and teardown takes it away.
func TestManagedInstances(t *testing.T) {
	t.Parallel()
	a := managed(t, sandbox.Options{EnforceIAM: true}, 3)
	before := a.snapshot()
	a.spec.FlowRuns.Instances = spec.Instances{Types: []string{"g5.*", "g4dn.*"}, VCPUs: "4-16", GPUs: "1",
		Storage: 100}
	a.bootstrap()
	a.settled()
	p := a.capacityProvider()
	if p == nil || p.Status != types.CapacityProviderStatusActive {
		t.Fatalf("got %+v", p)
	}
	r := p.ManagedInstancesProvider.InstanceLaunchTemplate.InstanceRequirements
	if *r.VCpuCount.Min != 4 || *r.VCpuCount.Max != 16 || *r.AcceleratorCount.Min != 1 ||
		*r.AcceleratorCount.Max != 1 ||
		!slices.Equal(r.AllowedInstanceTypes, []string{"g4dn.*", "g5.*"}) {
		t.Errorf("got %+v", r)
	}
	// Taken back, they are no limit any more.
	a.spec.FlowRuns.Instances = spec.Instances{}
	a.bootstrap()
	a.settled()
	r = a.capacityProvider().ManagedInstancesProvider.InstanceLaunchTemplate.InstanceRequirements
	if *r.VCpuCount.Min != 1 ||
		len(r.AllowedInstanceTypes)+len(r.AcceleratorTypes) != 0 {
		t.Errorf("got %+v", r)
	}
	a.teardown()
	a.same("after teardown", before)
}

// What somebody changed of it is shown and put back.
func TestDamagedManagedInstances(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		damage func(context.Context, *account) error
		want   string
	}{
		"the provider is gone": {func(ctx context.Context, a *account) error {
			_, err := a.source.ECS.DeleteCapacityProvider(ctx, &ecs.DeleteCapacityProviderInput{
				Cluster: aws.String("default"), CapacityProvider: aws.String("prefect-etl")})
			return err
		}, "capacity-provider create"},
		"the profile is empty": {func(ctx context.Context, a *account) error {
			_, err := a.source.IAM.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{
				InstanceProfileName: aws.String(instanceRole), RoleName: aws.String(instanceRole)})
			return err
		}, "instance-profile update"},
		"the infrastructure role may do nothing": {func(ctx context.Context, a *account) error {
			_, err := a.source.IAM.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{
				RoleName: aws.String(infrastructureRole), PolicyArn: aws.String(
					"arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForManagedInstances")})
			return err
		}, "infrastructure-role update"},
		"other instances": {func(ctx context.Context, a *account) error {
			has := a.capacityProvider().ManagedInstancesProvider
			_, err := a.source.ECS.UpdateCapacityProvider(ctx, &ecs.UpdateCapacityProviderInput{
				Name: aws.String("prefect-etl"), Cluster: aws.String("default"),
				ManagedInstancesProvider: &types.UpdateManagedInstancesProviderConfiguration{
					InfrastructureRoleArn: has.InfrastructureRoleArn,
					InstanceLaunchTemplate: &types.InstanceLaunchTemplateUpdate{
						InstanceRequirements: &types.InstanceRequirementsRequest{
							VCpuCount: &types.VCpuCountRangeRequest{Min: aws.Int32(64)},
							MemoryMiB: &types.MemoryMiBRequest{Min: aws.Int32(1)}}}}})
			return err
		}, "capacity-provider update"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := managed(t, sandbox.Options{}, 3)
			a.bootstrap()
			a.must(test.damage(t.Context(), a))
			if got := a.plan(); !slices.Contains(got, test.want) {
				t.Fatalf("got %q, want %q", got, test.want)
			}
			a.bootstrap()
			a.settled()
		})
	}
}

// A bootstrap and a teardown that are killed at any write to AWS are gone on with by the next.
func TestKilledManagedInstances(t *testing.T) {
	t.Parallel()
	probe := managed(t, sandbox.Options{}, 3)
	before := probe.snapshot()
	probe.tap.Reset()
	probe.bootstrap()
	made := slices.Clone(probe.tap.Writes())
	probe.tap.Reset()
	probe.teardown()
	removed := slices.Clone(probe.tap.Writes())
	probe.same("after teardown", before)
	for what, writes := range map[string][]string{"bootstrap": made, "teardown": removed} {
		count := map[string]int{}
		for _, operation := range writes {
			if count[operation]++; !ofInstances(operation) {
				continue
			}
			for _, after := range []bool{false, true} {
				at := wiretap.Moment{Operation: operation, N: count[operation], After: after}
				t.Run(fmt.Sprintf("%s, %s", what, at), func(t *testing.T) {
					t.Parallel()
					a := managed(t, sandbox.Options{}, 3)
					start := a.snapshot()
					if what == "teardown" {
						a.bootstrap()
					}
					a.killedAt(at, what == "teardown")
					if what == "teardown" {
						a.teardown()
						a.same("after the next teardown", start)
						return
					}
					a.bootstrap()
					a.settled()
					if a.capacityProvider() == nil {
						t.Error("the capacity provider is not there")
					}
				})
			}
		}
	}
}

// ofInstances reports whether an operation is about Managed Instances alone; those of roles are in the other matrices.
func ofInstances(operation string) bool {
	return strings.Contains(operation, "InstanceProfile") || strings.Contains(operation, "CapacityProvider")
}

// killedAt tries a bootstrap or a teardown whose process ends at the moment.
func (a *account) killedAt(at wiretap.Moment, teardown bool) {
	a.t.Helper()
	ctx, cancel := context.WithCancel(a.t.Context())
	defer cancel()
	a.tap.Reset()
	a.tap.Kill(at, cancel)
	var err error
	if teardown {
		_, err = a.tryTeardown(ctx, patience)
	} else {
		err = a.try(ctx)
	}
	if err == nil {
		a.t.Fatal("it was not killed")
	}
	a.tap.Kill(wiretap.Moment{}, nil) // the next run is another process
}

// What ECS has taken and cannot do is told once, in its words; the next run goes on, and nothing is left to change.
func TestFailedManagedInstances(t *testing.T) {
	t.Parallel()
	a := managed(t, sandbox.Options{}, 3)
	fails := func(want string) {
		t.Helper()
		a.server.AddFault(fault.Fault{Service: "ecs", Operation: fault.ProviderOperation, Kind: fault.ServerError})
		err := a.try(t.Context())
		if err == nil || strings.Count(err.Error(), want) != 1 || !strings.Contains(err.Error(), "internal error") {
			t.Errorf("got %v, want %s once and why", err, want)
		}
		a.bootstrap()
		a.settled()
	}
	fails("CREATE_FAILED")
	a.spec.FlowRuns.Instances.VCPUs = "4-16"
	fails("UPDATE_FAILED")
	if got := a.capacityProvider().ManagedInstancesProvider.InstanceLaunchTemplate.InstanceRequirements; got == nil ||
		aws.ToInt32(got.VCpuCount.Max) != 16 {
		t.Errorf("got %+v", got)
	}
}

// Two bootstraps at once make one of each.
func TestTwoBootstrapsOfManagedInstances(t *testing.T) {
	t.Parallel()
	a := managed(t, sandbox.Options{}, 3)
	first, err := provision.NewBootstrap(t.Context(), a.options())
	a.must(err)
	second, err := provision.NewBootstrap(t.Context(), a.options())
	a.must(err)
	done := make(chan error, 2)
	for _, plan := range []*provision.Bootstrap{first, second} {
		go func() {
			_, err := plan.Apply(t.Context(), silence{})
			done <- err
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Errorf("%v\nbelow it: %v", err, below(err))
		}
	}
	a.settled()
}

// Tasks on managed instances have no public address: without private subnets nothing is made.
func TestManagedInstancesInPublicSubnets(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 3)
	a.spec.FlowRuns.Capacity = spec.CapacityManagedInstances
	_, err := provision.NewBootstrap(t.Context(), a.options())
	if err == nil || !strings.Contains(err.Error(), "no public IP address") || len(hint.Of(err)) == 0 {
		t.Fatalf("got %v", err)
	}
	_, a.spec.Network.Subnets = a.otherNetwork()
	plan, err := provision.NewBootstrap(t.Context(), a.options())
	a.must(err)
	if !slices.ContainsFunc(plan.Warnings, func(w string) bool { return strings.Contains(w, "no public IP address") }) {
		t.Errorf("got %q", plan.Warnings)
	}
}

// A capacity provider of the user's is used and neither changed nor deleted.
func TestOwnManagedInstances(t *testing.T) {
	t.Parallel()
	a := managed(t, sandbox.Options{}, 3)
	a.spec.FlowRuns.CapacityProvider = "gpus"
	_, err := provision.NewBootstrap(t.Context(), a.options())
	if err == nil || !strings.Contains(err.Error(), `no capacity provider "gpus"`) {
		t.Fatalf("got %v", err)
	}
	other := a.spec.Pool
	a.spec.FlowRuns.CapacityProvider, a.spec.Names.CapacityProvider, a.spec.Pool = "", "gpus", "gpus"
	a.bootstrap() // another pool's
	mine := a.snapshot()
	a.spec.FlowRuns.CapacityProvider, a.spec.Names.CapacityProvider, a.spec.Pool = "gpus", "", other
	a.bootstrap()
	a.settled()
	pool, err := a.api.ReadWorkPool(t.Context(), "etl")
	a.must(err)
	for _, want := range []string{`"gpus"`, `"MANAGED_INSTANCES"`, `"awsvpc"`, `"DISABLED"`} {
		if !strings.Contains(string(pool.BaseJobTemplate), want) {
			t.Errorf("the pool lacks %s", want)
		}
	}
	a.teardown()
	a.same("after teardown", mine)
}

// Back on Fargate the pool has nothing of it left.
func TestFromManagedInstancesToFargate(t *testing.T) {
	t.Parallel()
	a := managed(t, sandbox.Options{}, 3)
	before := a.snapshot()
	a.bootstrap()
	a.spec.FlowRuns.Capacity = spec.CapacityFargate
	a.bootstrap()
	a.settled()
	pool, err := a.api.ReadWorkPool(t.Context(), "etl")
	a.must(err)
	if text := string(pool.BaseJobTemplate); strings.Contains(text, `["MANAGED_INSTANCES"]`) ||
		strings.Contains(text, `"default":"awsvpc"`) || strings.Contains(text, `"default":"EC2"`) {
		t.Errorf("the pool is still for Managed Instances: %s", text)
	}
	a.teardown()
	a.same("after teardown", before)
}
