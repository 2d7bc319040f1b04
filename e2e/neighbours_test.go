//go:build e2e

package e2e

import (
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// addNeighbours puts resources of others beside ours: names that begin with ours
// or are like ours, in the same cluster and VPC. ecsctl must not touch them.
func (w *world) addNeighbours() {
	w.t.Helper()
	for _, add := range []func(*world) error{
		neighbourRoles, neighbourLogs, neighbourSecrets, neighbourGroup, neighbourService, neighbourPool,
	} {
		w.must(add(w))
	}
}

func neighbourRoles(w *world) error {
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	for _, name := range []string{*w.executionRole() + "-2", *w.workerRole() + "s", "prefect-" + w.pool,
		"ecsTaskExecutionRole"} {
		_, err := w.source.IAM.CreateRole(w.t.Context(), &iam.CreateRoleInput{
			RoleName: &name, AssumeRolePolicyDocument: aws.String(trust),
		})
		if err != nil {
			return err
		}
		_, err = w.source.IAM.PutRolePolicy(w.t.Context(), &iam.PutRolePolicyInput{
			RoleName: &name, PolicyName: aws.String("own"),
			PolicyDocument: aws.String(
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}`),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func neighbourLogs(w *world) error {
	for _, name := range []string{*w.logGroup() + "-2", *w.logGroup() + "/sub", "prefect"} {
		if _, err := w.source.Logs.CreateLogGroup(w.t.Context(),
			&cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name}); err != nil {
			return err
		}
	}
	return nil
}

func neighbourSecrets(w *world) error {
	for _, name := range []string{*w.secret + "-2", *w.secret + "/old", "prefect/" + w.pool} {
		_, err := w.source.Secrets.CreateSecret(w.t.Context(), &secretsmanager.CreateSecretInput{
			Name: &name, SecretString: aws.String("a neighbour's"),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func neighbourGroup(w *world) error {
	vpcs, err := w.source.EC2.DescribeVpcs(w.t.Context(), &ec2.DescribeVpcsInput{})
	if err != nil {
		return err
	}
	_, err = w.source.EC2.CreateSecurityGroup(w.t.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: aws.String(w.securityGroup() + "-2"), Description: aws.String("a neighbour's"),
		VpcId: vpcs.Vpcs[0].VpcId,
		TagSpecifications: []ec2types.TagSpecification{{
			ResourceType: ec2types.ResourceTypeSecurityGroup,
			Tags:         []ec2types.Tag{{Key: aws.String("ecsctl:pool"), Value: aws.String(w.pool + "-2")}},
		}},
	})
	return err
}

// neighbourService shares the cluster with ours, so the cluster exists before
// bootstrap and has to stay.
func neighbourService(w *world) error {
	if _, err := w.source.ECS.CreateCluster(w.t.Context(),
		&ecs.CreateClusterInput{ClusterName: aws.String("default")}); err != nil {
		return err
	}
	name := aws.String(*w.service() + "-2")
	td, err := w.source.ECS.RegisterTaskDefinition(w.t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: name, NetworkMode: ecstypes.NetworkModeAwsvpc, Cpu: aws.String("256"), Memory: aws.String("512"),
		RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("app"),
			Image: aws.String("busybox")}},
	})
	if err != nil {
		return err
	}
	_, err = w.source.ECS.CreateService(w.t.Context(), &ecs.CreateServiceInput{
		ServiceName: name, TaskDefinition: td.TaskDefinition.TaskDefinitionArn, DesiredCount: aws.Int32(0),
		LaunchType: ecstypes.LaunchTypeFargate,
	})
	return err
}

func neighbourPool(w *world) error {
	return w.call(http.MethodPost, "/work_pools/", map[string]any{
		"name": w.pool + "-2", "type": "ecs", "base_job_template": map[string]any{},
	}, nil)
}
