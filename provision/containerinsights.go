package provision

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func insights(value string) []types.ClusterSetting {
	return []types.ClusterSetting{{Name: types.ClusterSettingNameContainerInsights, Value: aws.String(value)}}
}

// insights is what the cluster has.
func (c *cluster) insights() string {
	for _, setting := range c.found.Settings {
		if setting.Name == types.ClusterSettingNameContainerInsights {
			return aws.ToString(setting.Value)
		}
	}
	return ""
}

// insightsFields leave alone what the Spec does not name: the account has a default of its own.
func (c *cluster) insightsFields() []Field {
	wanted := c.w.spec.ContainerInsights
	if wanted == "" {
		return nil
	}
	return compare("settings.containerInsights", c.insights(), wanted)
}

func (c *cluster) setInsights(ctx context.Context) error {
	if len(c.insightsFields()) == 0 {
		return nil
	}
	_, err := c.w.aws.ECS.UpdateClusterSettings(ctx, &ecs.UpdateClusterSettingsInput{
		Cluster: c.found.ClusterArn, Settings: insights(c.w.spec.ContainerInsights),
	})
	return explain("set Container Insights of the cluster", err)
}

// insightsWarning is of a cluster of others, which stays as it is.
func (c *cluster) insightsWarning() []string {
	if c.found == nil || c.owned() || len(c.insightsFields()) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("Container Insights of cluster %q stays %q: ecsctl did not make the cluster, and "+
		"changes nothing of it", c.name(), c.insights())}
}
