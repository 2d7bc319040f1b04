package ecs

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox/internal/policy"
	"ecsctl/sandbox/internal/wire"
)

// ecsService is the principal by which ECS manages instances.
const ecsService = "ecs.amazonaws.com"

// manages reports whether a capacity provider is of Managed Instances.
func (p *capacityProvider) manages() bool { return p != nil && p.api.ManagedInstancesProvider != nil }

// createManaged makes a capacity provider of Managed Instances, which is in one cluster from the start and takes
// a moment to become ACTIVE (API_CreateCapacityProvider; hashicorp/terraform-provider-aws#45693).
func (s *Service) createManaged(in *api.CreateCapacityProviderInput) (*capacityProvider, error) {
	if in.Cluster == nil {
		return nil, invalid("The cluster is required for a Managed Instances capacity provider. Specify a cluster " +
			"and try again.")
	}
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	want := in.ManagedInstancesProvider
	if err := s.checkManaged(*want.InfrastructureRoleArn, want.InstanceLaunchTemplate); err != nil {
		return nil, err
	}
	made := &types.ManagedInstancesProvider{
		InfrastructureRoleArn: want.InfrastructureRoleArn, InstanceLaunchTemplate: want.InstanceLaunchTemplate,
		InfrastructureOptimization: want.InfrastructureOptimization,
		AutoRepairConfiguration:    want.AutoRepairConfiguration, PropagateTags: want.PropagateTags,
	}
	orDefault(&made.PropagateTags, types.PropagateMITagsNone)
	orDefault(&made.InstanceLaunchTemplate.CapacityOptionType, types.CapacityOptionTypeOnDemand)
	orDefault(&made.InstanceLaunchTemplate.Monitoring, types.ManagedInstancesMonitoringOptionsBasic)
	p := &capacityProvider{api: types.CapacityProvider{
		Cluster: &c.arn, Type: types.CapacityProviderTypeManagedInstances, ManagedInstancesProvider: made,
		Status:       types.CapacityProviderStatusProvisioning,
		UpdateStatus: types.CapacityProviderUpdateStatusCreateInProgress,
	}}
	p.settles = s.cfg.Clock.Now().Add(s.cfg.ProviderDelay)
	return p, nil
}

// checkManaged refuses roles and networks with which no instance would start.
func (s *Service) checkManaged(role string, template *types.InstanceLaunchTemplate) error {
	since, ok := s.peers.IAM.Trusts(role, ecsService, s.arn("*"))
	if !ok || s.cfg.Mishaps.RoleUnseen() || s.cfg.Clock.Since(since) < s.cfg.Mishaps.RoleDelay() {
		return clientError("ECS was unable to assume the role '%s' that was provided for this capacity provider. "+
			"Please verify that the role being passed has the proper trust relationship and permissions.", role)
	}
	profile := aws.ToString(template.Ec2InstanceProfileArn)
	if held, there := s.peers.IAM.ProfileRole(profile); !there || held == "" {
		return clientError("The instance profile '%s' is invalid or has no role.", profile)
	}
	network := template.NetworkConfiguration
	if network == nil || len(network.Subnets) == 0 {
		return invalid("subnets can not be empty.")
	}
	n := &types.AwsVpcConfiguration{Subnets: network.Subnets, SecurityGroups: network.SecurityGroups}
	if _, err := s.peers.EC2.CheckNetwork(n.Subnets, n.SecurityGroups); err != nil {
		return networkError(n, err)
	}
	return checkRequirements(template.InstanceRequirements)
}

func checkRequirements(r *types.InstanceRequirementsRequest) error {
	if r == nil {
		return nil
	}
	above := func(low, high *int32) bool { return low != nil && high != nil && *low > *high }
	switch {
	case above(r.VCpuCount.Min, r.VCpuCount.Max), above(r.MemoryMiB.Min, r.MemoryMiB.Max),
		r.AcceleratorCount != nil && above(r.AcceleratorCount.Min, r.AcceleratorCount.Max):
		return invalid("The instance requirements are invalid: a minimum is above its maximum.")
	case len(r.AllowedInstanceTypes) > 0 && len(r.ExcludedInstanceTypes) > 0:
		return invalid("You can't specify both AllowedInstanceTypes and ExcludedInstanceTypes.")
	}
	return nil
}

// updateManaged changes what new instances are like (API_UpdateCapacityProvider): what is left out of the launch
// template stays.
func (s *Service) updateManaged(p *capacityProvider, in *api.UpdateCapacityProviderInput) error {
	want, have := in.ManagedInstancesProvider, p.api.ManagedInstancesProvider
	switch {
	case !p.manages() || want == nil:
		return invalid("The type of a capacity provider cannot be changed.")
	case in.Cluster == nil || lastPart(*in.Cluster) != lastPart(*p.api.Cluster):
		return invalid("The capacity provider '%s' is not in the specified cluster.", *p.api.Name)
	case p.api.Status != types.CapacityProviderStatusActive || !p.settles.IsZero():
		return wire.Errorf("UpdateInProgressException",
			"There's already a current update in progress for this capacity provider.")
	}
	next := *have.InstanceLaunchTemplate
	if t := want.InstanceLaunchTemplate; t != nil {
		orPointer(&next.Ec2InstanceProfileArn, t.Ec2InstanceProfileArn)
		orPointer(&next.NetworkConfiguration, t.NetworkConfiguration)
		orPointer(&next.InstanceRequirements, t.InstanceRequirements)
		orPointer(&next.StorageConfiguration, t.StorageConfiguration)
	}
	if err := s.checkManaged(*want.InfrastructureRoleArn, &next); err != nil {
		return err
	}
	changed := *have
	changed.InfrastructureRoleArn, changed.InstanceLaunchTemplate = want.InfrastructureRoleArn, &next
	if want.PropagateTags != "" {
		changed.PropagateTags = want.PropagateTags
	}
	p.before, p.api.ManagedInstancesProvider = have, &changed
	p.api.UpdateStatus = types.CapacityProviderUpdateStatusUpdateInProgress
	p.settles = s.cfg.Clock.Now().Add(s.cfg.ProviderDelay)
	return nil
}

// orPointer puts a value over another where there is one.
func orPointer[T any](field **T, value *T) {
	if value != nil {
		*field = value
	}
}

// settleProvider ends what is under way with a capacity provider when its time has come.
func (s *Service) settleProvider(p *capacityProvider) {
	if p.settles.IsZero() || s.cfg.Clock.Now().Before(p.settles) {
		return
	}
	p.settles = time.Time{}
	changing := p.api.UpdateStatus != types.CapacityProviderUpdateStatusDeleteInProgress
	if changing && s.cfg.Mishaps.ProviderFails() {
		p.fail()
		return
	}
	p.api.UpdateStatusReason, p.before = nil, nil
	switch p.api.UpdateStatus {
	case types.CapacityProviderUpdateStatusCreateInProgress:
		p.api.Status = types.CapacityProviderStatusActive
		p.api.UpdateStatus = types.CapacityProviderUpdateStatusCreateComplete
	case types.CapacityProviderUpdateStatusUpdateInProgress:
		p.api.UpdateStatus = types.CapacityProviderUpdateStatusUpdateComplete
	case types.CapacityProviderUpdateStatusDeleteInProgress:
		p.api.Status = types.CapacityProviderStatusInactive
		p.api.UpdateStatus = types.CapacityProviderUpdateStatusDeleteComplete
	}
}

// fail ends a making or a change as ECS does that has taken the call and cannot do it. One that was never made is not
// ACTIVE; one that could not be changed is as it was. The words are a guess.
func (p *capacityProvider) fail() {
	p.api.UpdateStatusReason = aws.String("The launch template could not be created: internal error.")
	p.api.UpdateStatus = map[types.CapacityProviderUpdateStatus]types.CapacityProviderUpdateStatus{
		types.CapacityProviderUpdateStatusCreateInProgress: types.CapacityProviderUpdateStatusCreateFailed,
		types.CapacityProviderUpdateStatusUpdateInProgress: types.CapacityProviderUpdateStatusUpdateFailed,
	}[p.api.UpdateStatus]
	if p.before != nil {
		p.api.ManagedInstancesProvider, p.before = p.before, nil
	}
}

// managedIn are the names of the capacity providers of Managed Instances that a cluster has, in order.
func (s *Service) managedIn(c *cluster) []string {
	var out []string
	for name, p := range s.providers {
		s.settleProvider(p)
		if p.manages() && *p.api.Cluster == c.arn && p.api.Status != types.CapacityProviderStatusInactive {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// checkManagedTask refuses what Managed Instances do not run: ECS Developer Guide, "Amazon ECS task networking for
// Amazon ECS Managed Instances" and "Task definition differences for Amazon ECS Managed Instances".
func (s *Service) checkManagedTask(td *taskDefinition, p *capacityProvider, in *types.NetworkConfiguration) error {
	if !slices.Contains(td.api.Compatibilities, types.CompatibilityManagedInstances) {
		return invalid("Task definition does not support launch_type MANAGED_INSTANCES.")
	}
	if p.api.Status != types.CapacityProviderStatusActive {
		return notActive(*p.api.Name)
	}
	_, err := s.checkInstanceNetwork(td, in)
	return err
}

func notActive(name string) error {
	return invalid("The specified capacity provider '%s' is not in an ACTIVE state. Specify a valid capacity provider "+
		"and try again.", name)
}

// mayPassInstanceRole asks whether the infrastructure role may hand the instances their role: without that none
// starts (ECS Developer Guide, "Amazon ECS Managed Instances instance profile").
func (s *Service) mayPassInstanceRole(p *capacityProvider) error {
	if !s.cfg.EnforceIAM {
		return nil
	}
	managed := p.api.ManagedInstancesProvider
	role, _ := s.peers.IAM.ProfileRole(*managed.InstanceLaunchTemplate.Ec2InstanceProfileArn)
	facts := policy.Context{}
	facts.Set("iam:PassedToService", "ec2.amazonaws.com")
	caller := s.peers.IAM.SessionOf(*managed.InfrastructureRoleArn, "ECSManagedInstancesForCompute")
	d := s.peers.IAM.Decide(caller, policy.Request{Action: "iam:PassRole", Resource: role, Context: facts}, nil)
	if d.Allowed {
		return nil
	}
	return &startError{reason: "UnauthorizedOperation: You are not authorized to perform this operation. " +
		d.Refusal(caller, "iam:PassRole", role)}
}

// notOnManaged is what a definition for Managed Instances may not have (ECS Developer Guide, "Task definition
// differences for Amazon ECS Managed Instances").
func notOnManaged(in *api.RegisterTaskDefinitionInput) []field {
	out := []field{
		{"ephemeralStorage", in.EphemeralStorage != nil}, {"ipcMode", in.IpcMode != ""},
		{"proxyConfiguration", in.ProxyConfiguration != nil},
	}
	for _, v := range in.Volumes {
		out = append(out, field{"dockerVolumeConfiguration", v.DockerVolumeConfiguration != nil},
			field{"fsxWindowsFileServerVolumeConfiguration", v.FsxWindowsFileServerVolumeConfiguration != nil})
	}
	for _, c := range in.ContainerDefinitions {
		l := c.LinuxParameters
		if l == nil {
			l = &types.LinuxParameters{}
		}
		out = append(out, []field{
			{"disableNetworking", aws.ToBool(c.DisableNetworking)}, {"dnsSearchDomains", len(c.DnsSearchDomains) > 0},
			{"dnsServers", len(c.DnsServers) > 0}, {"dockerLabels", len(c.DockerLabels) > 0},
			{"dockerSecurityOptions", len(c.DockerSecurityOptions) > 0}, {"extraHosts", len(c.ExtraHosts) > 0},
			{"hostname", c.Hostname != nil}, {"links", len(c.Links) > 0}, {"maxSwap", l.MaxSwap != nil},
			{"sharedMemorySize", l.SharedMemorySize != nil}, {"swappiness", l.Swappiness != nil},
			{"tmpfs", len(l.Tmpfs) > 0},
		}...)
	}
	return slices.DeleteFunc(out, func(f field) bool { return !f.used })
}

// fitsManaged reports whether Managed Instances could run a definition: they need a network mode of theirs.
func fitsManaged(in *api.RegisterTaskDefinitionInput) bool {
	return (in.NetworkMode == types.NetworkModeAwsvpc || in.NetworkMode == types.NetworkModeHost) &&
		len(notOnManaged(in)) == 0
}

// checkForManaged refuses a definition that is to be for Managed Instances and is not.
func checkForManaged(in *api.RegisterTaskDefinitionInput) error {
	if !slices.Contains(in.RequiresCompatibilities, types.CompatibilityManagedInstances) || fitsManaged(in) {
		return nil
	}
	var names []string
	for _, f := range notOnManaged(in) {
		names = append(names, f.name)
	}
	if len(names) == 0 {
		return clientError("Managed Instances only supports network modes 'awsvpc' and 'host'.")
	}
	return clientError("%s is not supported for requires compatibilities MANAGED_INSTANCES.",
		strings.Join(names, ", "))
}
