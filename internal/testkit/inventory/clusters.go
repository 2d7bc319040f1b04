package inventory

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Counters, events and dates: they move by themselves.
var (
	volatileInCluster = []string{
		"ActiveServicesCount", "PendingTasksCount", "RunningTasksCount", "RegisteredContainerInstancesCount",
		"Statistics",
	}
	volatileInService = []string{"CreatedAt", "Deployments", "CurrentServiceDeployment", "CurrentServiceRevisions",
		"Events", "PendingCount", "RunningCount"}
)

const inactive = "INACTIVE"

// readClusters files the clusters and their services. Deleted ones that ECS only
// remembers (INACTIVE) are left out.
func (s *Source) readClusters(ctx context.Context, snap *Snapshot) error {
	pages := ecs.NewListClustersPaginator(s.ECS, &ecs.ListClustersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("failed to list clusters: %w", err)
		}
		if len(page.ClusterArns) == 0 {
			continue
		}
		out, err := s.ECS.DescribeClusters(ctx, &ecs.DescribeClustersInput{
			Clusters: page.ClusterArns, Include: []types.ClusterField{types.ClusterFieldTags,
				types.ClusterFieldSettings},
		})
		if err != nil {
			return fmt.Errorf("failed to describe clusters: %w", err)
		}
		for _, cluster := range out.Clusters {
			if aws.ToString(cluster.Status) == inactive {
				continue
			}
			if err := snap.add(Cluster, aws.ToString(cluster.ClusterName), cluster, volatileInCluster...); err != nil {
				return err
			}
			if err := s.readProviders(ctx, snap, cluster); err != nil {
				return err
			}
			if err := s.readServices(ctx, snap, aws.ToString(cluster.ClusterName)); err != nil {
				return err
			}
		}
	}
	return nil
}

// readServices files the services of one cluster.
func (s *Source) readServices(ctx context.Context, snap *Snapshot, cluster string) error {
	pages := ecs.NewListServicesPaginator(s.ECS, &ecs.ListServicesInput{Cluster: &cluster})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("failed to list the services of cluster %q: %w", cluster, err)
		}
		// DescribeServices takes ten at most.
		for arns := range slices.Chunk(page.ServiceArns, 10) {
			out, err := s.ECS.DescribeServices(ctx, &ecs.DescribeServicesInput{
				Cluster: &cluster, Services: arns, Include: []types.ServiceField{types.ServiceFieldTags},
			})
			if err != nil {
				return fmt.Errorf("failed to describe the services of cluster %q: %w", cluster, err)
			}
			for _, service := range out.Services {
				if aws.ToString(service.Status) == inactive {
					continue
				}
				name := cluster + "/" + aws.ToString(service.ServiceName)
				if err := snap.add(Service, name, service, volatileInService...); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
