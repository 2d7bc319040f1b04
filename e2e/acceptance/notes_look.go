//go:build e2e

package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

var sixCharacters = regexp.MustCompile(`-[A-Za-z0-9]{6}$`)

func (s *suite) secretSuffix(ctx context.Context) (bool, string, error) {
	out, err := s.secret(ctx)
	if err != nil {
		return false, "", err
	}
	arn := aws.ToString(out.ARN)
	return sixCharacters.MatchString(arn), arn, nil
}

// latestActive has two revisions since the upgrade, or since the failed deployment.
func (s *suite) latestActive(ctx context.Context) (bool, string, error) {
	service, err := s.far.source.ECS.DescribeServices(ctx,
		&ecs.DescribeServicesInput{Cluster: &s.pool, Services: []string{s.serviceName()}})
	if err != nil || len(service.Services) != 1 {
		return false, "", cmpErr(err, "there is no service")
	}
	of := service.Services[0]
	definition, err := s.far.source.ECS.DescribeTaskDefinition(ctx,
		&ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String(s.serviceName())})
	if err != nil {
		return false, "", err
	}
	latest := aws.ToString(definition.TaskDefinition.TaskDefinitionArn)
	configured := of.DeploymentConfiguration != nil && of.DeploymentConfiguration.DeploymentCircuitBreaker != nil
	return configured && latest == aws.ToString(of.TaskDefinition), fmt.Sprintf(
		"the family's latest is %s, the service shows deploymentConfiguration: %v", latest, configured), nil
}

func (s *suite) serviceGroup(ctx context.Context) (bool, string, error) {
	task, err := s.workerTask(ctx)
	if err != nil {
		return false, "", err
	}
	primary, err := s.primary(ctx)
	if err != nil {
		return false, "", err
	}
	group, by := aws.ToString(task.Group), aws.ToString(task.StartedBy)
	return group == "service:"+s.serviceName() && by == aws.ToString(primary.Id),
		fmt.Sprintf("group %s, startedBy %s, deployment %s", group, by, aws.ToString(primary.Id)), nil
}

// failedStays was seen at the beginning.
func (s *suite) failedStays(context.Context) (bool, string, error) {
	if s.broken == "" {
		return false, "", errors.New("no deployment has failed")
	}
	return true, "the PRIMARY deployment was " + s.broken + ", with none to roll back to", nil
}

func (s *suite) linkedRole(ctx context.Context) (bool, string, error) {
	_, err := s.far.source.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("AWSServiceRoleForECS")})
	if err == nil {
		return true, "the role is there", nil
	}
	is, said, err := refusedWith(err, "NoSuchEntity", "")
	return !is && err == nil, said, err
}

// bare has a cluster of its own that nothing is associated with, while look looks.
func (s *suite) bare(ctx context.Context, look func(name *string) error) error {
	client, name := s.far.source.ECS, aws.String(s.pool+"-bare")
	if _, err := client.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: name}); err != nil {
		return err
	}
	err := look(name)
	_, deleteErr := client.DeleteCluster(context.WithoutCancel(ctx), &ecs.DeleteClusterInput{Cluster: name})
	return errors.Join(err, deleteErr)
}

// spotAssociated: a cluster that nobody associated with FARGATE_SPOT refuses it.
func (s *suite) spotAssociated(ctx context.Context) (is bool, evidence string, err error) {
	input, err := s.task(ctx)
	if err != nil {
		return false, "", err
	}
	err = s.bare(ctx, func(name *string) (err error) {
		input.Cluster, input.LaunchType, input.CapacityProviderStrategy = name, "", onSpot
		is, evidence, err = s.runRefused(ctx, input, "not associated with the cluster")
		return err
	})
	return is, evidence, err
}

// runRefused asks for a task that ought to be refused, and stops it where it is not.
func (s *suite) runRefused(ctx context.Context, input *ecs.RunTaskInput, words string) (bool, string, error) {
	client := s.far.source.ECS
	out, err := client.RunTask(ctx, input)
	is, evidence, err := refusedWith(err, "InvalidParameterException", words)
	if out == nil {
		return is, evidence, err
	}
	for _, task := range out.Tasks {
		_, stopErr := client.StopTask(context.WithoutCancel(ctx),
			&ecs.StopTaskInput{Cluster: input.Cluster, Task: task.TaskArn})
		err = errors.Join(err, stopErr)
	}
	return is, evidence, err
}

func (s *suite) clusterAgain(ctx context.Context) (is bool, evidence string, err error) {
	err = s.bare(ctx, func(name *string) error {
		_, err := s.far.source.ECS.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: name,
			Settings: containerInsights})
		is, evidence, err = refusedWith(err, "InvalidParameterException", "inconsistent")
		return err
	})
	return is, evidence, err
}

// sixteenSubnets are made up: they are counted before they are looked for.
func (s *suite) sixteenSubnets(ctx context.Context) (bool, string, error) {
	input, err := s.task(ctx)
	if err != nil {
		return false, "", err
	}
	subnets := &input.NetworkConfiguration.AwsvpcConfiguration.Subnets
	first := (*subnets)[0]
	*subnets = slices.Clone(*subnets)
	for i := range 17 {
		*subnets = append(*subnets, fmt.Sprintf("%s%x", first[:len(first)-1], i%16))
	}
	return s.runRefused(ctx, input, "16")
}
