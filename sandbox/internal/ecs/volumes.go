package ecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// checkVolumes holds the EBS volumes of a launch against those that its definition leaves open.
func (s *Service) checkVolumes(td *taskDefinition, in *api.RunTaskInput) error {
	open := map[string]bool{}
	for _, v := range td.api.Volumes {
		if aws.ToBool(v.ConfiguredAtLaunch) {
			open[aws.ToString(v.Name)] = true
		}
	}
	if len(in.VolumeConfigurations) > 1 {
		return invalid("Only one volume can be configured at launch.")
	}
	for _, v := range in.VolumeConfigurations {
		name := aws.ToString(v.Name)
		switch {
		case !open[name]:
			return invalid("Volume '%s' is not configured at launch in the task definition.", name)
		case v.ManagedEBSVolume == nil:
			return invalid("Volume '%s' has no managedEBSVolume.", name)
		case v.ManagedEBSVolume.SizeInGiB == nil && v.ManagedEBSVolume.SnapshotId == nil:
			return invalid("Volume '%s' has neither sizeInGiB nor snapshotId.", name)
		}
		if err := s.checkInfrastructureRole(aws.ToString(v.ManagedEBSVolume.RoleArn)); err != nil {
			return err
		}
	}
	for name := range open {
		if !slices.ContainsFunc(in.VolumeConfigurations, func(v types.TaskVolumeConfiguration) bool {
			return aws.ToString(v.Name) == name
		}) {
			return invalid("Volume '%s' must be configured at launch.", name)
		}
	}
	return nil
}

func (s *Service) checkInfrastructureRole(arn string) error {
	if _, ok := s.peers.IAM.Trusts(arn, "ecs.amazonaws.com", s.arn("*")); !ok {
		return clientError("ECS was unable to assume the role '%s' that was provided for this task.", arn)
	}
	return nil
}
