package provision

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
	"ecsctl/provision/spec"
)

// managedProvider is the capacity provider of Managed Instances that flow runs use. It belongs to its cluster from the
// moment that it is made.
type managedProvider struct {
	w     *world
	found *types.CapacityProvider
	// unchosen: the pool remembers no Managed Instances, so that nobody need be allowed to look for them.
	unchosen bool
}

func (m *managedProvider) ref() (Kind, string) { return KindCapacityProvider, m.name() }
func (m *managedProvider) name() string        { return m.w.spec.Names.CapacityProvider }

func (m *managedProvider) needs() []Kind {
	return []Kind{KindCluster, KindInfrastructureRole, KindInstanceProfile, KindSecurityGroup}
}

func (m *managedProvider) find(ctx context.Context) error {
	found, err := m.w.clusterProvider(ctx, m.name())
	if m.unchosen && awserr.Denied(err) {
		found, err = nil, nil
	}
	m.found = found
	if found != nil {
		m.w.setValue(KindCapacityProvider, aws.ToString(found.CapacityProviderArn))
	}
	return err
}

// clusterProvider reads a capacity provider of the cluster; nil is none. Deleted ones are INACTIVE for a while.
func (w *world) clusterProvider(ctx context.Context, name string) (*types.CapacityProvider, error) {
	out, err := w.aws.ECS.DescribeCapacityProviders(ctx, &ecs.DescribeCapacityProvidersInput{
		Cluster: aws.String(w.spec.Cluster), CapacityProviders: []string{name},
		Include: []types.CapacityProviderField{types.CapacityProviderFieldTags}})
	switch {
	case awserr.HasCode(err, "ClusterNotFoundException"):
		return nil, nil
	case err != nil:
		return nil, explain(fmt.Sprintf("read capacity provider %q", name), err)
	}
	for _, p := range out.CapacityProviders {
		if p.Status != types.CapacityProviderStatusInactive {
			return &p, nil
		}
	}
	return nil, nil
}

func (m *managedProvider) tags() map[string]string { return TagMap(m.found.Tags, ecsTagPair) }

func (m *managedProvider) owned() bool { return m.found != nil && m.w.owns(m.tags()) }

// check refuses one of somebody else's that tasks cannot use, and of ours what cannot be changed.
func (m *managedProvider) check() error {
	if m.found == nil || m.owned() {
		return nil
	}
	if err := usableManaged(m.name(), m.found); err != nil {
		return hint.Add(fmt.Errorf("%w; it was not made by ecsctl", err),
			"name another one with --capacity-provider-name")
	}
	return nil
}

// usableManaged is why no task would start on a capacity provider of Managed Instances; nil when tasks would.
func usableManaged(name string, p *types.CapacityProvider) error {
	switch {
	case p.ManagedInstancesProvider == nil:
		return fmt.Errorf("capacity provider %q is not one of Managed Instances", name)
	case p.Status != types.CapacityProviderStatusActive:
		return fmt.Errorf("capacity provider %q is %s: it takes no tasks", name, p.Status)
	}
	return nil
}

func (m *managedProvider) diff() Change {
	c := Change{Kind: KindCapacityProvider, Name: m.name()}
	switch {
	case m.found == nil:
		c.Action = Create
		return c
	case !m.owned():
		c.Action, c.Reason = Adopt, "not made by ecsctl: used as is"
	case m.leaving(), m.failed():
		c.Action, c.Reason = Create, "it is "+string(m.found.Status)+", "+string(m.found.UpdateStatus)+
			": it is made anew"
	default:
		c.Fields = slices.Concat(m.fields(), m.w.tagFields(m.tags()))
		c.Action = updateIf(c.Fields)
	}
	c.ID = aws.ToString(m.found.CapacityProviderArn)
	return c
}

// leaving reports whether it is being deleted.
func (m *managedProvider) leaving() bool {
	return m.found.Status == types.CapacityProviderStatusDeprovisioning
}

// failed reports whether ECS could not make it.
func (m *managedProvider) failed() bool {
	return m.found.UpdateStatus == types.CapacityProviderUpdateStatusCreateFailed
}

// fields are the differences. What was not chosen and ECS or somebody filled in stays, except for what limits the
// instances.
func (m *managedProvider) fields() []Field {
	has, want := m.found.ManagedInstancesProvider, m.template()
	if has == nil || has.InstanceLaunchTemplate == nil {
		return compare("instances", "", "those of Managed Instances")
	}
	t := has.InstanceLaunchTemplate
	if t.NetworkConfiguration == nil {
		t.NetworkConfiguration = &types.ManagedInstancesNetworkConfiguration{}
	}
	out := slices.Concat(
		compare("infrastructureRole", aws.ToString(has.InfrastructureRoleArn), m.infrastructureRole()),
		compare("instanceProfile", aws.ToString(t.Ec2InstanceProfileArn), aws.ToString(want.Ec2InstanceProfileArn)),
		compare("subnets", sorted(t.NetworkConfiguration.Subnets), sorted(want.NetworkConfiguration.Subnets)),
		compare("securityGroups", sorted(t.NetworkConfiguration.SecurityGroups),
			sorted(want.NetworkConfiguration.SecurityGroups)),
		compare("propagateTags", string(has.PropagateTags), string(types.PropagateMITagsCapacityProvider)),
		compare("instances", requirementsOf(t.InstanceRequirements), requirementsOf(want.InstanceRequirements)))
	if want.StorageConfiguration != nil {
		var size int32
		if t.StorageConfiguration != nil {
			size = aws.ToInt32(t.StorageConfiguration.StorageSizeGiB)
		}
		out = append(out, compare("storage", size, aws.ToInt32(want.StorageConfiguration.StorageSizeGiB))...)
	}
	return out
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

func (m *managedProvider) infrastructureRole() string { return newInfrastructureRole(m.w).wantedARN() }

// template is what its instances are to be like.
func (m *managedProvider) template() *types.InstanceLaunchTemplate {
	w := m.w
	out := &types.InstanceLaunchTemplate{
		Ec2InstanceProfileArn: aws.String((&instanceProfile{w: w}).arn()),
		NetworkConfiguration: &types.ManagedInstancesNetworkConfiguration{
			Subnets: w.network.found().subnetIDs(), SecurityGroups: w.securityGroups()},
		InstanceRequirements: requirements(w.spec.FlowRuns.Instances),
	}
	if size := w.spec.FlowRuns.Instances.Storage; size != 0 {
		out.StorageConfiguration = &types.ManagedInstancesStorageConfiguration{StorageSizeGiB: aws.Int32(int32(size))}
	}
	return out
}

// checkOwnProvider refuses a capacity provider of the user's, named with --capacity-provider, on which no task would
// start.
func (c *cluster) checkOwnProvider(name string) error {
	if c.provider == nil {
		return hint.Add(fmt.Errorf("cluster %q has no capacity provider %q of Managed Instances", c.name(), name),
			"leave --capacity-provider out, and one is made; or name one of this cluster")
	}
	if err := usableManaged(name, c.provider); err != nil {
		return hint.Add(err, "wait until it is ACTIVE, name another with --capacity-provider, or leave that out: then "+
			"one is made")
	}
	return nil
}

// noPublicAddress is that tasks on managed instances are to run where only public addresses get out: they have none.
func (w *world) noPublicAddress(n chosenNetwork) (warnings []string, err error) {
	if !w.spec.FlowRuns.ManagesInstances() || w.recalled {
		return nil, nil
	}
	var public []string
	for _, s := range n.subnets {
		if s.out.kind == exitPublic {
			public = append(public, s.id)
		}
	}
	if len(public) == 0 {
		return nil, nil
	}
	const why = "tasks on Managed Instances have no public IP address, and without one nothing gets out of %s"
	if len(w.spec.Network.Subnets) > 0 {
		return []string{fmt.Sprintf(why+": flow runs there reach only what is in the VPC or has an endpoint in it",
			list(public))}, nil
	}
	return nil, hint.Add(fmt.Errorf(why, list(public)),
		"name subnets with a route to a NAT gateway with --subnet, or use --capacity "+spec.CapacityFargate)
}
