package ecs

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox/internal/wire"
)

// runnable finds a task definition that tasks can be started from.
func (s *Service) runnable(ref string) (*taskDefinition, error) {
	td := s.findDefinition(ref)
	switch {
	case td == nil:
		return nil, clientError("TaskDefinition not found.")
	case !td.isActive():
		return nil, clientError("TaskDefinition is inactive")
	}
	return td, nil
}

// placement returns the capacity provider, "" for the launch type FARGATE. The clusters have no container instances of
// their own, so EC2 is refused. A group that ECS scales brings an instance for each task that wants one.
func (s *Service) placement(c *cluster, kind types.LaunchType,
	strategy []types.CapacityProviderStrategyItem) (string, error) {
	if kind == "" && strategy == nil {
		strategy = c.strategy
	}
	if kind == types.LaunchTypeFargate {
		return "", nil
	}
	if len(strategy) == 0 {
		return "", invalid("No Container Instances were found in your cluster.")
	}
	has := append(slices.Clone(c.providers), s.managedIn(c)...)
	if err := s.checkMix(strategy); err != nil {
		return "", err
	}
	for _, item := range strategy {
		if name := aws.ToString(item.CapacityProvider); !slices.Contains(has, name) {
			if strings.HasPrefix(name, "FARGATE") {
				return "", invalid("The specified capacity provider strategy cannot contain a capacity provider that " +
					"is not associated with the cluster. Associate the capacity provider with the cluster or specify " +
					"a valid capacity provider and try again.")
			}
			if s.providerThere(name) == nil {
				return "", providerNotFound(name)
			}
			return "", invalid("The specified capacity provider strategy cannot contain a capacity provider that is " +
				"not " +
				"associated with the cluster. Associate the capacity provider with the cluster or specify a valid " +
				"capacity provider and try again.")
		}
	}
	best := heaviest(strategy)
	if p := s.providers[best]; p != nil && !p.manages() &&
		p.api.AutoScalingGroupProvider.ManagedScaling.Status != types.ManagedScalingStatusEnabled {
		return "", invalid("No Container Instances were found in your capacity provider.")
	}
	return best, nil
}

// checkMix refuses a strategy of several types of capacity provider; that with Fargate is checkStrategy's.
func (s *Service) checkMix(strategy []types.CapacityProviderStrategyItem) error {
	managed := 0
	for _, item := range strategy {
		if s.providers[lastPart(aws.ToString(item.CapacityProvider))].manages() {
			managed++
		}
	}
	if managed > 0 && managed < len(strategy) {
		return invalid("A capacity provider strategy cannot contain a mix of Managed Instances and other capacity " +
			"providers.")
	}
	return nil
}

// heaviest takes all tasks to the provider with the most weight; Fargate has room for all.
func heaviest(strategy []types.CapacityProviderStrategyItem) string {
	best := strategy[0]
	for _, item := range strategy {
		if item.Weight > best.Weight {
			best = item
		}
	}
	return *best.CapacityProvider
}

// onInstance reports whether a capacity provider has instances.
func (s *Service) onInstance(provider string) bool { return s.providers[provider] != nil }

// checkInstanceNetwork is for tasks on instances: only awsvpc has a network of its own there, without public address.
func (s *Service) checkInstanceNetwork(td *taskDefinition,
	in *types.NetworkConfiguration) (*types.AwsVpcConfiguration, error) {
	switch {
	case td.api.NetworkMode == types.NetworkModeAwsvpc:
	case in != nil:
		return nil, invalid("Network Configuration is not valid for the given networkMode of this task definition.")
	default:
		return nil, nil
	}
	if in != nil && in.AwsvpcConfiguration != nil &&
		in.AwsvpcConfiguration.AssignPublicIp == types.AssignPublicIpEnabled {
		return nil, invalid("Assign public IP is not supported for this launch type.")
	}
	return s.checkAwsvpc(in)
}

func (s *Service) checkNetwork(td *taskDefinition, in *types.NetworkConfiguration) (*types.AwsVpcConfiguration, error) {
	if !slices.Contains(td.api.Compatibilities, types.CompatibilityFargate) {
		return nil, invalid("Task definition does not support launch_type FARGATE.")
	}
	return s.checkAwsvpc(in)
}

func (s *Service) checkAwsvpc(in *types.NetworkConfiguration) (*types.AwsVpcConfiguration, error) {
	if in == nil || in.AwsvpcConfiguration == nil {
		return nil, invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
	}
	n := in.AwsvpcConfiguration
	switch {
	case len(n.Subnets) == 0:
		return nil, invalid("subnets can not be empty.")
	case len(n.Subnets) > 16:
		return nil, invalid("subnets can have at most 16 items.")
	case len(n.SecurityGroups) > 5:
		return nil, invalid("securityGroups can have at most 5 items.")
	}
	_, err := s.peers.EC2.CheckNetwork(n.Subnets, n.SecurityGroups)
	return n, networkError(n, err)
}

// networkError words what EC2 says as ECS hands it on.
func networkError(n *types.AwsVpcConfiguration, err error) error {
	var e *wire.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code {
	case "InvalidSubnetID.NotFound":
		return invalid("Error retrieving subnet information for [%s]: %s (ErrorCode: %s)",
			strings.Join(n.Subnets, ", "), e.Message, e.Code)
	case "InvalidGroup.NotFound":
		return invalid("Error retrieving security group information for [%s]: %s (ErrorCode: %s)",
			strings.Join(n.SecurityGroups, ", "), e.Message, e.Code)
	}
	return e
}

// checkRoles refuses roles that ECS cannot assume: not there, other trust, or too new.
func (s *Service) checkRoles(td *taskDefinition, o *types.TaskOverride) error {
	roles := []*string{td.api.TaskRoleArn, td.api.ExecutionRoleArn}
	if o != nil && o.TaskRoleArn != nil {
		roles[0] = o.TaskRoleArn
	}
	if o != nil && o.ExecutionRoleArn != nil {
		roles[1] = o.ExecutionRoleArn
	}
	roles = slices.DeleteFunc(roles, func(arn *string) bool { return aws.ToString(arn) == "" })
	unseen := len(roles) > 0 && s.cfg.Mishaps.RoleUnseen()
	for _, arn := range roles {
		since, ok := s.peers.IAM.Trusts(*arn, "ecs-tasks.amazonaws.com", s.arn("*"))
		if !ok || unseen || s.cfg.Clock.Since(since) < s.cfg.Mishaps.RoleDelay() {
			return clientError("ECS was unable to assume the role '%s' that was provided for this task. Please "+
				"verify that the role being passed has the proper trust relationship and permissions and that your "+
				"IAM user has permissions to pass this role.", *arn)
		}
	}
	return nil
}

func checkPlatform(version *string) error {
	switch aws.ToString(version) {
	case "", "LATEST", "1.4.0":
		return nil
	case "1.3.0":
		return wire.NotImplemented("the platform version 1.3.0")
	default:
		return wire.Errorf("PlatformUnknownException", "The specified platform does not exist.")
	}
}

func words(format string, args ...any) *string { return aws.String(fmt.Sprintf(format, args...)) }
