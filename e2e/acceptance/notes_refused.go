//go:build e2e

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

var (
	onSpot = []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE_SPOT")}}

	containerInsights = []types.ClusterSetting{{Name: types.ClusterSettingNameContainerInsights,
		Value: aws.String("enabled")}}
)

// task is a task as the worker's service has them, to be refused.
func (s *suite) task(ctx context.Context) (*ecs.RunTaskInput, error) {
	out, err := s.far.source.ECS.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &s.pool,
		Services: []string{s.serviceName()}})
	if err != nil || len(out.Services) != 1 {
		return nil, cmpErr(err, "there is no service")
	}
	service := out.Services[0]
	return &ecs.RunTaskInput{Cluster: &s.pool, TaskDefinition: service.TaskDefinition,
		LaunchType:           service.LaunchType,
		NetworkConfiguration: service.NetworkConfiguration}, nil
}

// roleName is that of the worker's role.
func (s *suite) roleName() *string {
	return aws.String(fmt.Sprintf("prefect-%s-%s-worker", s.pool, s.region))
}

// sidsDiffer stores no policy that is taken: it goes with what it said.
func (s *suite) sidsDiffer(ctx context.Context) (bool, string, error) {
	const twice = `{"Version": "2012-10-17", "Statement": [
		{"Sid": "Same", "Effect": "Allow", "Action": "ecs:ListClusters", "Resource": "*"},
		{"Sid": "Same", "Effect": "Allow", "Action": "ecs:ListTasks", "Resource": "*"}]}`
	client, name := s.far.source.IAM, aws.String("acceptance")
	_, err := client.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: s.roleName(), PolicyName: name,
		PolicyDocument: aws.String(twice)})
	is, said, err := refusedWith(err, "MalformedPolicyDocument", "")
	if !is && err == nil {
		_, err = client.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: s.roleName(), PolicyName: name})
	}
	return is, said, err
}

func (s *suite) tagCase(ctx context.Context) (bool, string, error) {
	client, keys := s.far.source.IAM, []string{"acceptance-case", "Acceptance-Case"}
	_, err := client.TagRole(ctx, &iam.TagRoleInput{RoleName: s.roleName(), Tags: []iamtypes.Tag{
		{Key: &keys[0], Value: aws.String("")}, {Key: &keys[1], Value: aws.String("")}}})
	is, said, err := refusedWith(err, "InvalidInput", "")
	if !is && err == nil {
		_, err = client.UntagRole(ctx, &iam.UntagRoleInput{RoleName: s.roleName(), TagKeys: keys})
	}
	return is, said, err
}

// register has a definition of the pool's refused, with what change makes of it.
func (s *suite) register(ctx context.Context, code string,
	change func(*types.ContainerDefinition)) (bool, string, error) {
	client := s.far.source.ECS
	role, err := s.far.source.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: s.roleName()})
	if err != nil {
		return false, "", err
	}
	container := types.ContainerDefinition{Name: aws.String("a"), Image: aws.String(noImage)}
	change(&container)
	out, err := client.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String(s.serviceName() + "-refused"), Cpu: aws.String("256"), Memory: aws.String("512"),
		NetworkMode:             types.NetworkModeAwsvpc,
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		ExecutionRoleArn:        role.Role.Arn,
		ContainerDefinitions:    []types.ContainerDefinition{container},
	})
	is, said, err := refusedWith(err, code, "")
	if out != nil && err == nil {
		_, err = client.DeregisterTaskDefinition(ctx,
			&ecs.DeregisterTaskDefinitionInput{TaskDefinition: out.TaskDefinition.TaskDefinitionArn})
	}
	return is, said, err
}

func (s *suite) gpu(ctx context.Context) (bool, string, error) {
	return s.register(ctx, "ClientException", func(c *types.ContainerDefinition) {
		c.ResourceRequirements = []types.ResourceRequirement{{Type: types.ResourceTypeGpu, Value: aws.String("1")}}
	})
}

func (s *suite) secretNames(ctx context.Context) (bool, string, error) {
	return s.register(ctx, "ClientException", func(c *types.ContainerDefinition) {
		secret := types.Secret{Name: aws.String("A"), ValueFrom: aws.String("acceptance")}
		c.Secrets = []types.Secret{secret, secret}
	})
}

// groupInUse: the worker's task uses it.
func (s *suite) groupInUse(ctx context.Context) (bool, string, error) {
	client := s.far.source.EC2
	found, err := client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []ec2types.Filter{
		{Name: aws.String("tag:ecsctl:pool"), Values: []string{s.pool}}}})
	if err != nil || len(found.SecurityGroups) != 1 {
		return false, "", cmpErr(err, "the pool has not one security group")
	}
	_, err = client.DeleteSecurityGroup(ctx,
		&ec2.DeleteSecurityGroupInput{GroupId: found.SecurityGroups[0].GroupId})
	return refusedWith(err, "DependencyViolation", "")
}

// ruleWithTargets looks for the rule by the pool's name.
func (s *suite) ruleWithTargets(ctx context.Context) (bool, string, error) {
	client := s.far.source.Events
	found, err := client.ListRules(ctx, &eventbridge.ListRulesInput{NamePrefix: aws.String("prefect-" + s.pool)})
	if err != nil {
		return false, "", err
	}
	if len(found.Rules) != 1 {
		return false, "", errors.New("the pool has no rule")
	}
	_, err = client.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: found.Rules[0].Name})
	return refusedWith(err, "ValidationException", "")
}
