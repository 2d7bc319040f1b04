package inventory

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// readProfiles files the instance profiles with their roles' names and their tags.
func (s *Source) readProfiles(ctx context.Context, snap *Snapshot) error {
	out, err := s.IAM.ListInstanceProfiles(ctx, &iam.ListInstanceProfilesInput{})
	if err != nil {
		return fmt.Errorf("failed to list instance profiles: %w", err)
	}
	for _, p := range out.InstanceProfiles {
		got, err := s.IAM.GetInstanceProfile(ctx,
			&iam.GetInstanceProfileInput{InstanceProfileName: p.InstanceProfileName})
		if err != nil {
			return fmt.Errorf("failed to read instance profile %q: %w", aws.ToString(p.InstanceProfileName), err)
		}
		var roles []string
		for _, r := range got.InstanceProfile.Roles {
			roles = append(roles, aws.ToString(r.RoleName))
		}
		tags := map[string]string{}
		for _, t := range got.InstanceProfile.Tags {
			tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
		content := map[string]any{"Path": aws.ToString(p.Path), "Roles": roles, "Tags": tags}
		if err := snap.add(Profile, aws.ToString(p.InstanceProfileName), content); err != nil {
			return err
		}
	}
	return nil
}

// readProviders files the capacity providers of Managed Instances, which are a cluster's own.
func (s *Source) readProviders(ctx context.Context, snap *Snapshot, cluster types.Cluster) error {
	if len(cluster.CapacityProviders) == 0 {
		return nil
	}
	out, err := s.ECS.DescribeCapacityProviders(ctx, &ecs.DescribeCapacityProvidersInput{Cluster: cluster.ClusterArn,
		CapacityProviders: cluster.CapacityProviders,
		Include:           []types.CapacityProviderField{types.CapacityProviderFieldTags}})
	if err != nil {
		return fmt.Errorf("failed to describe the capacity providers of cluster %q: %w",
			aws.ToString(cluster.ClusterName), err)
	}
	for _, p := range out.CapacityProviders {
		if p.ManagedInstancesProvider == nil || p.Status == types.CapacityProviderStatusInactive {
			continue
		}
		name := aws.ToString(cluster.ClusterName) + "/" + aws.ToString(p.Name)
		if err := snap.add(Provider, name, p, "UpdateStatus"); err != nil {
			return err
		}
	}
	return nil
}
