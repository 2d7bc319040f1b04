//go:build e2e

package e2e

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// otherDamages are those done to AWS outside of IAM.
var otherDamages = []damage{
	{name: "log retention changed", do: changeRetention, plan: []string{"log-group update"}},
	{name: "log group deleted", do: deleteLogGroup, plan: []string{"log-group create"}},
	// Containers read their secrets at their start, so the service is rolled with them.
	{name: "secret value changed", do: changeSecret, plan: []string{"api-key-secret update", "service update"}},
	{name: "secret deleted, recoverable", do: deleteSecret, plan: []string{"api-key-secret update", "service update"}},
	{name: "secret deleted for good", do: forceDeleteSecret, plan: []string{
		// A new secret has a new ARN, which the containers and the pool name.
		"api-key-secret create", "service update", "task-definition update", "work-pool update",
	}, after: deregister},
	{name: "ingress added", do: addIngress, plan: []string{"security-group update"}},
	{name: "egress removed", do: removeEgress, plan: []string{"security-group update"}},
	{name: "security group deleted", do: deleteSecurityGroup, plan: []string{
		// A new group has a new id, which the service and the pool's network name.
		"security-group create", "service update", "work-pool update",
	}},
	{name: "cluster and service deleted", do: deleteCluster, plan: []string{"cluster create", "service create"}},
	{name: "task definition deregistered", do: deregister, plan: []string{"service update", "task-definition create"}},
	{name: "service deleted", do: deleteService, plan: []string{"service create"}},
	{name: "service on another task definition", do: otherTaskDefinition, plan: []string{"service update"}},
	{name: "desired count changed", do: changeDesiredCount, stays: true},
}

func changeRetention(w *world) error {
	_, err := w.source.Logs.PutRetentionPolicy(w.t.Context(), &cloudwatchlogs.PutRetentionPolicyInput{
		LogGroupName: w.logGroup(), RetentionInDays: aws.Int32(7),
	})
	return err
}

func deleteLogGroup(w *world) error {
	_, err := w.source.Logs.DeleteLogGroup(w.t.Context(),
		&cloudwatchlogs.DeleteLogGroupInput{LogGroupName: w.logGroup()})
	return err
}

func changeSecret(w *world) error {
	_, err := w.source.Secrets.PutSecretValue(w.t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: w.secret, SecretString: aws.String("someone else's"),
	})
	return err
}

func deleteSecret(w *world) error {
	_, err := w.source.Secrets.DeleteSecret(w.t.Context(), &secretsmanager.DeleteSecretInput{SecretId: w.secret})
	return err
}

func forceDeleteSecret(w *world) error {
	_, err := w.source.Secrets.DeleteSecret(w.t.Context(), &secretsmanager.DeleteSecretInput{
		SecretId: w.secret, ForceDeleteWithoutRecovery: aws.Bool(true),
	})
	return err
}

// ownGroup finds the security group that bootstrap made.
func (w *world) ownGroup() (*ec2types.SecurityGroup, error) {
	out, err := w.source.EC2.DescribeSecurityGroups(w.t.Context(), &ec2.DescribeSecurityGroupsInput{
		Filters: []ec2types.Filter{{Name: aws.String("group-name"), Values: []string{w.securityGroup()}}},
	})
	if err != nil {
		return nil, err
	}
	if len(out.SecurityGroups) != 1 {
		return nil, errors.New("there is not one security group " + w.securityGroup())
	}
	return &out.SecurityGroups[0], nil
}

func addIngress(w *world) error {
	group, err := w.ownGroup()
	if err != nil {
		return err
	}
	_, err = w.source.EC2.AuthorizeSecurityGroupIngress(w.t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: group.GroupId,
		IpPermissions: []ec2types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22),
			IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
		}},
	})
	return err
}

func removeEgress(w *world) error {
	group, err := w.ownGroup()
	if err != nil {
		return err
	}
	_, err = w.source.EC2.RevokeSecurityGroupEgress(w.t.Context(), &ec2.RevokeSecurityGroupEgressInput{
		GroupId: group.GroupId, IpPermissions: group.IpPermissionsEgress,
	})
	return err
}

func deleteSecurityGroup(w *world) error {
	group, err := w.ownGroup()
	if err != nil {
		return err
	}
	_, err = w.source.EC2.DeleteSecurityGroup(w.t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: group.GroupId})
	return err
}

func deleteService(w *world) error {
	_, err := w.source.ECS.DeleteService(w.t.Context(), &ecs.DeleteServiceInput{
		Service: w.service(), Force: aws.Bool(true),
	})
	return err
}

// deleteCluster deletes the service first: ECS refuses to delete a cluster in use.
func deleteCluster(w *world) error {
	if err := deleteService(w); err != nil {
		return err
	}
	_, err := w.source.ECS.DeleteCluster(w.t.Context(), &ecs.DeleteClusterInput{Cluster: aws.String("default")})
	return err
}

// deregister takes away the first revision.
func deregister(w *world) error {
	_, err := w.source.ECS.DeregisterTaskDefinition(w.t.Context(), &ecs.DeregisterTaskDefinitionInput{
		TaskDefinition: aws.String(*w.service() + ":1"),
	})
	return err
}

// otherTaskDefinition moves the service to a task definition of another family.
func otherTaskDefinition(w *world) error {
	own, err := w.source.ECS.DescribeTaskDefinition(w.t.Context(),
		&ecs.DescribeTaskDefinitionInput{TaskDefinition: w.service()})
	if err != nil {
		return err
	}
	td := own.TaskDefinition
	other, err := w.source.ECS.RegisterTaskDefinition(w.t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("someone-elses"), ContainerDefinitions: td.ContainerDefinitions, NetworkMode: td.NetworkMode,
		RequiresCompatibilities: td.RequiresCompatibilities, Cpu: td.Cpu, Memory: td.Memory,
		ExecutionRoleArn: td.ExecutionRoleArn,
	})
	if err != nil {
		return err
	}
	arn := other.TaskDefinition.TaskDefinitionArn
	if _, err := w.source.ECS.UpdateService(w.t.Context(), &ecs.UpdateServiceInput{
		Service: w.service(), TaskDefinition: arn,
	}); err != nil {
		return err
	}
	// Only the service is to differ from before, so the other one goes again.
	_, err = w.source.ECS.DeregisterTaskDefinition(w.t.Context(),
		&ecs.DeregisterTaskDefinitionInput{TaskDefinition: arn})
	return err
}

func changeDesiredCount(w *world) error {
	_, err := w.source.ECS.UpdateService(w.t.Context(), &ecs.UpdateServiceInput{
		Service: w.service(), DesiredCount: aws.Int32(3),
	})
	return err
}
