package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
	"ecsctl/internal/shellword"
)

// spotProvider is both a launch type of Prefect's and the capacity provider that it stands for.
const spotProvider = "FARGATE_SPOT"

// fargateProviders are associated with each cluster that we make: without them ECS refuses
// every task that is to run on Spot, whatever asks for it (docs/aws-notes.md).
var fargateProviders = []string{"FARGATE", spotProvider}

// The variables of the pool that say where flow runs run.
const (
	launchTypeVariable = "launch_type"
	strategyVariable   = "capacity_provider_strategy"
)

// managedVariables are those that Managed Instances take besides.
var managedVariables = []string{"network_mode", "requires_compatibilities"}

// setsStrategy reports whether a strategy of the Spec changes what a pool has: an empty one does
// where the pool has one.
func (p *workPool) setsStrategy(wanted any) bool {
	if list, _ := wanted.([]any); len(list) > 0 {
		return true
	}
	var has []any
	_ = json.Unmarshal(p.template.defaultOf(strategyVariable), &has) // another type of value is refused by the worker
	return len(has) > 0
}

// noCapacity is that flow runs are to use Spot, or a group's capacity provider, in a cluster of others that has none of
// it and that we do not change; nil when all is well.
func (b *Bootstrap) noCapacity() error {
	var c *cluster
	wanted := b.w.spec.FlowRuns.LaunchesAs()
	for _, r := range b.resources {
		switch r := r.(type) {
		case *cluster:
			c = r
		case *workPool:
			if wanted == "" && r.template != nil {
				wanted = showRaw(r.template.defaultOf("launch_type"))
			}
		}
	}
	provider := b.w.spec.FlowRuns.CapacityProvider
	if provider == "" && wanted == spotProvider {
		provider = spotProvider
	}
	if b.w.spec.FlowRuns.ManagesInstances() || provider == "" || c.found == nil || c.owned() ||
		slices.Contains(c.found.CapacityProviders, provider) {
		return nil
	}
	return hint.Add(fmt.Errorf("cluster %q has no capacity provider %s, and flow runs are to use it: ECS would "+
		"refuse each of them", c.name(), provider),
		c.associateLine(), "or pass "+b.onDemand()+", or name another cluster with --cluster")
}

// findProvider looks at the capacity provider of the Spec, which is the user's own. What looks at an earlier bootstrap
// goes by the cluster, which has it or not.
func (c *cluster) findProvider(ctx context.Context) error {
	name := c.w.spec.FlowRuns.CapacityProvider
	if name == "" || c.w.recalled {
		return nil
	}
	if c.w.spec.FlowRuns.ManagesInstances() {
		var err error
		c.provider, err = c.w.clusterProvider(ctx, name)
		return err
	}
	out, err := c.w.aws.ECS.DescribeCapacityProviders(ctx, &ecs.DescribeCapacityProvidersInput{
		CapacityProviders: []string{name}})
	if err != nil {
		return explain(fmt.Sprintf("read capacity provider %q", name), err)
	}
	c.provider = nil
	if len(out.CapacityProviders) > 0 {
		c.provider = &out.CapacityProviders[0]
	}
	return nil
}

// checkProvider refuses a capacity provider on which no task would start.
func (c *cluster) checkProvider() error {
	name, p := c.w.spec.FlowRuns.CapacityProvider, c.provider
	switch {
	case name == "" || c.w.recalled:
		return nil
	case c.w.spec.FlowRuns.ManagesInstances():
		return c.checkOwnProvider(name)
	case p == nil || p.Status == types.CapacityProviderStatusInactive:
		return hint.Add(fmt.Errorf("capacity provider %q does not exist in region %s", name, c.w.id.Region),
			"make one of your Auto Scaling group: aws ecs create-capacity-provider, or name another with "+
				"--capacity-provider")
	case p.Status != types.CapacityProviderStatusActive:
		return hint.Add(fmt.Errorf("capacity provider %q is %s: it takes no tasks", name, p.Status),
			"wait until it is ACTIVE, or name another with --capacity-provider")
	case p.AutoScalingGroupProvider == nil:
		return hint.Add(fmt.Errorf("capacity provider %q is not one of an Auto Scaling group", name),
			"name another with --capacity-provider")
	}
	return nil
}

// onDemand is the flag, of the two that say so, that was used.
func (b *Bootstrap) onDemand() string {
	if b.w.spec.FlowRuns.Capacity != "" {
		return "--capacity fargate"
	}
	return "--flow-run-launch-type FARGATE"
}

// checkCapacity refuses what the Spec asks for. What only the pool's own defaults ask for keeps
// no bootstrap from anything.
func (b *Bootstrap) checkCapacity() error {
	b.NoCapacity = b.noCapacity()
	if b.w.spec.FlowRuns.LaunchesAs() != "" {
		return b.NoCapacity
	}
	if b.NoCapacity != nil {
		b.Warnings = append(b.Warnings, b.NoCapacity.Error()+"; "+strings.Join(hint.Of(b.NoCapacity), "; "))
	}
	return nil
}

// associateLine keeps the capacity providers and the default strategy that are there: the
// command replaces both.
func (c *cluster) associateLine() string {
	words := append([]string{"aws", "ecs", "put-cluster-capacity-providers", "--region", c.w.id.Region, "--cluster",
		c.name(), "--capacity-providers"},
		c.wantedProviders()...)
	words = append(words, "--default-capacity-provider-strategy")
	for _, item := range c.found.DefaultCapacityProviderStrategy {
		words = append(words, fmt.Sprintf("capacityProvider=%s,weight=%d,base=%d", aws.ToString(item.CapacityProvider),
			item.Weight, item.Base))
	}
	if len(c.found.DefaultCapacityProviderStrategy) == 0 {
		words = append(words, "[]")
	}
	for i := range words {
		words[i] = shellword.Quote(words[i])
	}
	return strings.Join(words, " ")
}

// wantedProviders are those of the cluster, with those of ours.
func (c *cluster) wantedProviders() []string {
	wanted := slices.Clone(c.found.CapacityProviders)
	for _, name := range c.providersOfOurs() {
		if !slices.Contains(wanted, name) {
			wanted = append(wanted, name)
		}
	}
	return wanted
}

// planned is the cluster once the plan is carried out.
func (c *cluster) planned() *types.Cluster {
	switch {
	case c.found == nil:
		return &types.Cluster{CapacityProviders: c.providersOfOurs()}
	case !c.owned():
		return c.found
	}
	out := *c.found
	out.CapacityProviders = c.wantedProviders()
	return &out
}

// providersOfOurs are those of each cluster that we make: Fargate's, and the one that flow runs are to use.
func (c *cluster) providersOfOurs() []string {
	name := c.w.spec.FlowRuns.CapacityProvider
	if name != "" && !c.w.spec.FlowRuns.ManagesInstances() { // those are in their cluster by themselves
		return append(slices.Clone(fargateProviders), name)
	}
	return fargateProviders
}

func (c *cluster) lacksProviders() bool {
	return len(c.wantedProviders()) != len(c.found.CapacityProviders)
}

// providerFields show what a cluster of ours lacks, which an older ecsctl made.
func (c *cluster) providerFields() []Field {
	if !c.lacksProviders() {
		return nil
	}
	have := append([]string{}, c.found.CapacityProviders...)
	return compare("capacityProviders", have, c.wantedProviders())
}

// withoutManaged takes the capacity providers of Managed Instances out, which are in their cluster by themselves and
// which ECS refuses to associate.
func (c *cluster) withoutManaged(ctx context.Context, names []string) ([]string, error) {
	others := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.Contains(fargateProviders, name)
	})
	if len(others) == 0 {
		return names, nil
	}
	out, err := c.w.aws.ECS.DescribeCapacityProviders(ctx, &ecs.DescribeCapacityProvidersInput{
		Cluster: c.found.ClusterArn, CapacityProviders: others})
	switch {
	case awserr.Denied(err):
		return names, nil // most clusters have none
	case err != nil:
		return nil, explain("read the capacity providers of the cluster", err)
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(out.CapacityProviders, func(p types.CapacityProvider) bool {
			return aws.ToString(p.Name) == name && p.ManagedInstancesProvider != nil
		})
	}), nil
}

func (c *cluster) associate(ctx context.Context) error {
	if !c.lacksProviders() {
		return nil
	}
	wanted, err := c.withoutManaged(ctx, c.wantedProviders())
	if err != nil {
		return err
	}
	in := &ecs.PutClusterCapacityProvidersInput{
		Cluster: c.found.ClusterArn, CapacityProviders: wanted,
		DefaultCapacityProviderStrategy: append([]types.CapacityProviderStrategyItem{},
			c.found.DefaultCapacityProviderStrategy...),
	}
	busy := func(err error) bool {
		return refusesRole(err) || awserr.HasCode(err, "UpdateInProgressException", "ResourceInUseException")
	}
	err = c.w.insist(ctx, busy, func() error {
		_, err := c.w.aws.ECS.PutClusterCapacityProviders(ctx, in)
		return err
	})
	return explain("associate the capacity providers with the cluster", err)
}
