package ecs

import (
	"context"
	"maps"
	"reflect"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/schemas"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox/internal/wire"
)

const (
	active   = "ACTIVE"
	inactive = "INACTIVE"
	draining = "DRAINING"
)

type cluster struct {
	name, arn string
	status    string
	settings  []types.ClusterSetting
	providers []string
	strategy  []types.CapacityProviderStrategyItem
	tags      []types.Tag
	services  map[string]*service
	tokens    map[string]*service // by the client token that made it; they stay when it goes
	tasks     map[string]*task    // by ARN
}

var nameSyntax = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

// isName is apart from the syntax because {1,255} takes a millisecond to compile, at each start of ecsctl.
func isName(s string) bool { return len(s) <= 255 && nameSyntax.MatchString(s) }

func (s *Service) handleClusters() {
	wire.HandleJSON(s.JSON, "CreateCluster", schemas.CreateClusterRequest, schemas.CreateClusterResponse,
		"clusterName tags settings capacityProviders defaultCapacityProviderStrategy", s.createCluster)
	wire.HandleJSON(s.JSON, "DescribeClusters", schemas.DescribeClustersRequest, schemas.DescribeClustersResponse,
		"clusters include", s.describeClusters)
	wire.HandleJSON(s.JSON, "ListClusters", schemas.ListClustersRequest, schemas.ListClustersResponse,
		"nextToken maxResults", s.listClusters)
	wire.HandleJSON(s.JSON, "DeleteCluster", schemas.DeleteClusterRequest, schemas.DeleteClusterResponse, "cluster!",
		s.deleteCluster)
	wire.HandleJSON(s.JSON, "PutClusterCapacityProviders", schemas.PutClusterCapacityProvidersRequest,
		schemas.PutClusterCapacityProvidersResponse,
		"cluster! capacityProviders! defaultCapacityProviderStrategy!", s.putProviders)
	wire.HandleJSON(s.JSON, "UpdateClusterSettings", schemas.UpdateClusterSettingsRequest,
		schemas.UpdateClusterSettingsResponse, "cluster! settings!", s.updateClusterSettings)
}

// cluster finds an active cluster by name or ARN; nil is the one called "default".
func (s *Service) cluster(nameOrARN *string) (*cluster, error) {
	name := "default"
	if nameOrARN != nil {
		name = lastPart(*nameOrARN)
	}
	c, ok := s.clusters[name]
	if !ok {
		return nil, clusterNotFound()
	}
	if c.status != active {
		return nil, wire.Errorf("ClusterNotFoundException", "The referenced cluster was inactive.")
	}
	return c, nil
}

func (s *Service) createCluster(_ context.Context, in *api.CreateClusterInput) (*api.CreateClusterOutput, error) {
	name := "default"
	if in.ClusterName != nil {
		name = *in.ClusterName
	}
	if !isName(name) {
		return nil, invalid("Invalid cluster name: %s", name)
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if err := s.checkProviders(in.CapacityProviders, in.DefaultCapacityProviderStrategy); err != nil {
		return nil, err
	}
	if len(in.CapacityProviders) > 0 {
		if err := s.checkLinked(); err != nil {
			return nil, err
		}
	}
	if err := checkSettings(in.Settings); err != nil {
		return nil, err
	}
	if in.Settings == nil {
		in.Settings = []types.ClusterSetting{{Name: types.ClusterSettingNameContainerInsights,
			Value: aws.String("disabled")}}
	}
	want := &cluster{
		name: name, arn: s.arn("cluster/" + name), status: active, tags: tags, settings: in.Settings,
		providers: in.CapacityProviders, strategy: in.DefaultCapacityProviderStrategy,
		services: map[string]*service{}, tokens: map[string]*service{}, tasks: map[string]*task{},
	}
	have, ok := s.clusters[name]
	switch {
	case !ok || have.status != active:
		s.clusters[name] = want
	case !have.sameAs(want):
		return nil, invalid("Arguments on this idempotent request are inconsistent with arguments used in previous " +
			"request(s).")
	}
	c := s.clusters[name].describe(types.ClusterFieldTags, types.ClusterFieldSettings)
	return &api.CreateClusterOutput{Cluster: &c}, nil
}

func (c *cluster) sameAs(o *cluster) bool {
	return reflect.DeepEqual(c.settings, o.settings) && slices.Equal(c.providers, o.providers) &&
		reflect.DeepEqual(c.strategy, o.strategy)
}

// checkProviders takes Fargate's capacity providers and those that were made.
func (s *Service) checkProviders(names []string, strategy []types.CapacityProviderStrategyItem) error {
	for _, name := range names {
		p := s.providerThere(name)
		switch {
		case slices.Contains(fargateProviders, name):
		case p == nil:
			return providerNotFound(name)
		case p.manages(): // hashicorp/terraform-provider-aws#44783
			return invalid("Cannot associate Managed Instances capacity provider to clusters using this API. Managed " +
				"Instances capacity providers are already associated with the cluster that they were created for.")
		}
	}
	for _, item := range strategy {
		if !slices.Contains(names, aws.ToString(item.CapacityProvider)) {
			return invalid("The default capacity provider strategy cannot contain a capacity provider that is not " +
				"associated with the cluster. Associate the capacity provider with the cluster and try again.")
		}
	}
	return nil
}

func (c *cluster) describe(include ...types.ClusterField) types.Cluster {
	out := types.Cluster{
		ClusterArn: &c.arn, ClusterName: &c.name, Status: &c.status,
		CapacityProviders: orEmpty(c.providers), DefaultCapacityProviderStrategy: orEmpty(c.strategy),
		Settings: []types.ClusterSetting{}, Statistics: []types.KeyValuePair{}, Tags: []types.Tag{},
	}
	for _, sv := range c.services {
		if sv.status == active {
			out.ActiveServicesCount++
		}
	}
	for _, t := range c.tasks {
		switch *t.api.LastStatus {
		case taskRunning:
			out.RunningTasksCount++
		case taskProvisioning, taskPending:
			out.PendingTasksCount++
		}
	}
	if slices.Contains(include, types.ClusterFieldTags) {
		out.Tags = orEmpty(c.tags)
	}
	if slices.Contains(include, types.ClusterFieldSettings) {
		out.Settings = c.settings
	}
	return out
}

func (s *Service) describeClusters(_ context.Context,
	in *api.DescribeClustersInput) (*api.DescribeClustersOutput, error) {
	for _, field := range in.Include {
		if field == types.ClusterFieldAttachments || field == types.ClusterFieldConfigurations ||
			field == types.ClusterFieldStatistics {
			return nil, wire.NotImplemented("include " + string(field) + " of DescribeClusters")
		}
	}
	if in.Clusters == nil {
		in.Clusters = []string{"default"}
	}
	if len(in.Clusters) > 100 {
		return nil, invalid("Clusters can have at most 100 items.")
	}
	out := &api.DescribeClustersOutput{Clusters: []types.Cluster{}, Failures: []types.Failure{}}
	for _, ref := range in.Clusters {
		c, ok := s.clusters[lastPart(ref)]
		if !ok {
			out.Failures = append(out.Failures, missing(s.arn("cluster/"+lastPart(ref))))
			continue
		}
		shown := c.describe(in.Include...)
		shown.CapacityProviders = append(slices.Clone(shown.CapacityProviders), s.managedIn(c)...)
		out.Clusters = append(out.Clusters, shown)
	}
	return out, nil
}

func (s *Service) listClusters(_ context.Context, in *api.ListClustersInput) (*api.ListClustersOutput, error) {
	size, err := pageSize(in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	var arns []string
	for _, name := range slices.Sorted(maps.Keys(s.clusters)) {
		if s.clusters[name].status == active {
			arns = append(arns, s.clusters[name].arn)
		}
	}
	page, next, err := wire.Page(arns, in.NextToken, size, badToken)
	return &api.ListClustersOutput{ClusterArns: page, NextToken: next}, err
}

func (s *Service) deleteCluster(_ context.Context, in *api.DeleteClusterInput) (*api.DeleteClusterOutput, error) {
	c, ok := s.clusters[lastPart(*in.Cluster)]
	if !ok {
		return nil, clusterNotFound()
	}
	now := c.describe()
	if now.ActiveServicesCount > 0 || s.cfg.Lag.Behind("services of "+c.name) {
		return nil, wire.Errorf("ClusterContainsServicesException",
			"The Cluster cannot be deleted while Services are active.")
	}
	if len(s.managedIn(c)) > 0 {
		return nil, wire.Errorf("ClusterContainsCapacityProviderException",
			"The Cluster cannot be deleted while it has active capacity providers.")
	}
	if now.RunningTasksCount+now.PendingTasksCount > 0 {
		return nil, wire.Errorf("ClusterContainsTasksException",
			"The Cluster cannot be deleted while Tasks are active.")
	}
	c.status = inactive
	gone := c.describe()
	return &api.DeleteClusterOutput{Cluster: &gone}, nil
}

func (s *Service) putProviders(_ context.Context,
	in *api.PutClusterCapacityProvidersInput) (*api.PutClusterCapacityProvidersOutput, error) {
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if err := s.checkProviders(in.CapacityProviders, in.DefaultCapacityProviderStrategy); err != nil {
		return nil, err
	}
	if err := s.checkLinked(); err != nil {
		return nil, err
	}
	c.providers, c.strategy = in.CapacityProviders, in.DefaultCapacityProviderStrategy
	out := c.describe(types.ClusterFieldTags, types.ClusterFieldSettings)
	return &api.PutClusterCapacityProvidersOutput{Cluster: &out}, nil
}

func (s *Service) updateClusterSettings(_ context.Context,
	in *api.UpdateClusterSettingsInput) (*api.UpdateClusterSettingsOutput, error) {
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if err := checkSettings(in.Settings); err != nil {
		return nil, err
	}
	c.settings = in.Settings
	out := c.describe(types.ClusterFieldTags, types.ClusterFieldSettings)
	return &api.UpdateClusterSettingsOutput{Cluster: &out}, nil
}

func checkSettings(settings []types.ClusterSetting) error {
	for _, setting := range settings {
		if !slices.Contains([]string{"enabled", "enhanced", "disabled"}, aws.ToString(setting.Value)) {
			return invalid("Invalid value '%s' of the cluster setting %s.", aws.ToString(setting.Value), setting.Name)
		}
	}
	return nil
}
