package provision_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// The names that bootstrap derives from the pool etl.
var (
	executionRole = aws.String("prefect-etl-eu-west-1-execution")

	flowExecutionRole = aws.String("prefect-etl-eu-west-1-flow-exec")
	workerRole        = aws.String("prefect-etl-eu-west-1-worker")
	family            = aws.String("prefect-worker-etl")
	secretName        = aws.String("prefect/etl/api-key")
	logGroup          = aws.String("/ecs/prefect/etl")
	logGroupARN       = aws.String("arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/prefect/etl")
)

const executionPolicy = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"

func deleteRole(name *string, policies ...string) func(context.Context, *account) error {
	return func(ctx context.Context, a *account) error {
		var errs []error
		for _, policy := range policies {
			_, err := a.source.IAM.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{
				RoleName: name, PolicyName: &policy,
			})
			errs = append(errs, err)
		}
		if name == executionRole {
			errs = append(errs, detach(ctx, a))
		}
		_, err := a.source.IAM.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
		return errors.Join(append(errs, err)...)
	}
}

func detach(ctx context.Context, a *account) error {
	_, err := a.source.IAM.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{
		RoleName: executionRole, PolicyArn: aws.String(executionPolicy),
	})
	return err
}

// trust replaces the worker role's trust policy by one of these statements.
func trust(statements string) func(context.Context, *account) error {
	return func(ctx context.Context, a *account) error {
		_, err := a.source.IAM.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: workerRole,
			PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[` + statements + `]}`)})
		return err
	}
}

const (
	trustLambda = `{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`
	trustECS    = `{"Sid":"0","Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}`
)

func widenPolicy(ctx context.Context, a *account) error {
	_, err := a.source.IAM.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: workerRole,
		PolicyName: aws.String("prefect-worker"), PolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)})
	return err
}

func deletePolicy(ctx context.Context, a *account) error {
	_, err := a.source.IAM.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{
		RoleName: executionRole, PolicyName: aws.String("prefect-secrets"),
	})
	return err
}

func changeRetention(ctx context.Context, a *account) error {
	_, err := a.source.Logs.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{
		LogGroupName: logGroup, RetentionInDays: aws.Int32(7),
	})
	return err
}

func deleteRetention(ctx context.Context, a *account) error {
	_, err := a.source.Logs.DeleteRetentionPolicy(ctx,
		&cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: logGroup})
	return err
}

func deleteLogGroup(ctx context.Context, a *account) error {
	_, err := a.source.Logs.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: logGroup})
	return err
}

func changeSecret(ctx context.Context, a *account) error {
	_, err := a.source.Secrets.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: secretName, SecretString: aws.String("theirs"),
	})
	return err
}

func deleteSecret(force bool) func(context.Context, *account) error {
	return func(ctx context.Context, a *account) error {
		_, err := a.source.Secrets.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{
			SecretId: secretName, ForceDeleteWithoutRecovery: &force,
		})
		return err
	}
}

// ownGroup finds the security group that bootstrap made.
func ownGroup(ctx context.Context, a *account) (ec2types.SecurityGroup, error) {
	out, err := a.source.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: []ec2types.Filter{{Name: aws.String("group-name"), Values: []string{"prefect-etl"}}}})
	if err != nil || len(out.SecurityGroups) != 1 {
		return ec2types.SecurityGroup{}, fmt.Errorf("no security group prefect-etl: %w", err)
	}
	return out.SecurityGroups[0], nil
}

func openPort(ctx context.Context, a *account) error {
	group, err := ownGroup(ctx, a)
	if err != nil {
		return err
	}
	_, err = a.source.EC2.AuthorizeSecurityGroupIngress(ctx,
		&ec2.AuthorizeSecurityGroupIngressInput{GroupId: group.GroupId,
			IpPermissions: []ec2types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22),
				ToPort:   aws.Int32(22),
				IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}}})
	return err
}

func closeEgress(ctx context.Context, a *account) error {
	group, err := ownGroup(ctx, a)
	if err != nil {
		return err
	}
	_, err = a.source.EC2.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{
		GroupId: group.GroupId, IpPermissions: group.IpPermissionsEgress,
	})
	return err
}

func deleteGroup(ctx context.Context, a *account) error {
	group, err := ownGroup(ctx, a)
	if err != nil {
		return err
	}
	_, err = a.source.EC2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: group.GroupId})
	return err
}

func deleteService(ctx context.Context, a *account) error {
	_, err := a.source.ECS.DeleteService(ctx, &ecs.DeleteServiceInput{Service: family, Force: aws.Bool(true)})
	return err
}

func deleteCluster(ctx context.Context, a *account) error {
	if err := deleteService(ctx, a); err != nil {
		return err
	}
	_, err := a.source.ECS.DeleteCluster(ctx, &ecs.DeleteClusterInput{Cluster: aws.String("default")})
	return err
}

func deregister(ctx context.Context, a *account) error {
	_, err := a.source.ECS.DeregisterTaskDefinition(ctx,
		&ecs.DeregisterTaskDefinitionInput{TaskDefinition: aws.String(*family + ":1")})
	return err
}

func updateService(change func(*ecs.UpdateServiceInput)) func(context.Context, *account) error {
	return func(ctx context.Context, a *account) error {
		in := &ecs.UpdateServiceInput{Service: family}
		change(in)
		_, err := a.source.ECS.UpdateService(ctx, in)
		return err
	}
}

func moveService(ctx context.Context, a *account) error {
	subnets, err := a.source.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	if err != nil {
		return err
	}
	return updateService(func(in *ecs.UpdateServiceInput) {
		in.NetworkConfiguration = &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: []string{*subnets.Subnets[0].SubnetId}}}
	})(ctx, a)
}

func untag(ctx context.Context, a *account, arn string) error {
	_, err := a.source.ECS.UntagResource(ctx, &ecs.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"team"}})
	return err
}

// editPool sends an edit of the pool's template to the server, as a user may do.
func editPool(edit func(properties map[string]any)) func(context.Context, *account) error {
	return editVariables(func(variables map[string]any) { edit(variables["properties"].(map[string]any)) })
}

func editMarker(edit func(marker map[string]any)) func(context.Context, *account) error {
	return editVariables(func(variables map[string]any) { edit(variables["x-ecsctl"].(map[string]any)) })
}

func editVariables(edit func(variables map[string]any)) func(context.Context, *account) error {
	return func(ctx context.Context, a *account) error {
		pool, err := a.api.ReadWorkPool(ctx, "etl")
		if err != nil {
			return err
		}
		var template map[string]any
		if err := json.Unmarshal(pool.BaseJobTemplate, &template); err != nil {
			return err
		}
		edit(template["variables"].(map[string]any))
		raw, err := json.Marshal(map[string]any{"base_job_template": template})
		if err != nil {
			return err
		}
		return a.prefect(ctx, http.MethodPatch, "/work_pools/etl", string(raw))
	}
}

func deletePool(ctx context.Context, a *account) error {
	return a.prefect(ctx, http.MethodDelete, "/work_pools/etl", "")
}

func (a *account) prefect(ctx context.Context, method, path, body string) error {
	req, err := http.NewRequestWithContext(ctx, method, a.server.PrefectAPIURL()+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= http.StatusBadRequest {
		return errors.New(method + " " + path + ": " + res.Status)
	}
	return nil
}
