package sandbox_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"ecsctl/sandbox"
)

// enforced is an account in which policies count, with the account's own clients.
func enforced(t *testing.T) *clients {
	t.Helper()
	return start(t, sandbox.Options{EnforceIAM: true})
}

// policyOf makes a policy of statements.
func policyOf(list ...string) *string {
	return aws.String(`{"Version": "2012-10-17", "Statement": [` + strings.Join(list, ",") + `]}`)
}

// may is a statement that allows something; further parts of it may follow.
func may(action, resource string, more ...string) string {
	return `{"Effect": "Allow", "Action": "` + action + `", "Resource": "` + resource + `"` +
		strings.Join(append([]string{""}, more...), ", ") + `}`
}

// user makes a user with an inline policy, if any, and gives the user's clients.
func (c *clients) user(t *testing.T, name string, policy *string) *clients {
	t.Helper()
	must(c.iam.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name}))(t)
	if policy != nil {
		must(c.iam.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{
			UserName: &name, PolicyName: aws.String("p"), PolicyDocument: policy,
		}))(t)
	}
	key := must(c.iam.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: &name}))(t).AccessKey
	return clientsWith(t, c.server.URL(), "us-east-1", credentials.NewStaticCredentialsProvider(*key.AccessKeyId,
		*key.SecretAccessKey, ""))
}

// trustAll lets tasks, and everybody in the account who may, assume a role.
var trustAll = policyOf(
	`{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}`,
	`{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}`)

// roleWith makes a role with an inline policy, if any.
func (c *clients) roleWith(t *testing.T, name string, policy *string) *iamtypes.Role {
	t.Helper()
	role := must(c.iam.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: &name, AssumeRolePolicyDocument: trustAll,
	}))(t).Role
	if policy != nil {
		must(c.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
			RoleName: &name, PolicyName: aws.String("p"), PolicyDocument: policy,
		}))(t)
	}
	return role
}

// assume gives the clients of a session called "it".
func (c *clients) assume(t *testing.T, role *string) *clients {
	t.Helper()
	got := must(c.sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: role, RoleSessionName: aws.String("it")}))(
		t).Credentials
	return clientsWith(t, c.server.URL(), "us-east-1", credentials.NewStaticCredentialsProvider(*got.AccessKeyId,
		*got.SecretAccessKey, *got.SessionToken))
}

// denials say what the caller may not do, in the words of each service.
func TestDenialsOfEachService(t *testing.T) {
	t.Parallel()
	c := enforced(t)
	nobody := c.user(t, "nobody", nil)
	ctx := t.Context()
	queue := must(c.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("q")}))(t).QueueUrl
	const who = "User: arn:aws:iam::123456789012:user/nobody is not authorized to perform: "
	for want, tc := range map[string]struct {
		code string
		err  error
	}{
		who + "ecs:ListClusters on resource: * because no identity-based policy allows the ecs:ListClusters action": {
			"AccessDeniedException", failed(nobody.ecs.ListClusters(ctx, &ecs.ListClustersInput{}))},
		who + "iam:GetRole on resource: arn:aws:iam::123456789012:role/x because no identity-based policy allows the " +
			"iam:GetRole action": {
			"AccessDenied", failed(nobody.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("x")}))},
		"You are not authorized to perform this operation. " + who +
			"ec2:DescribeVpcs because no identity-based policy allows the ec2:DescribeVpcs action": {
			"UnauthorizedOperation", failed(nobody.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{}))},
		"You are not authorized to perform this operation. " + who + "ec2:DeleteVpc on resource: " +
			"arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1 because no identity-based policy allows the ec2:DeleteVpc " +
			"action. Encoded authorization failure message: ": {
			"UnauthorizedOperation", failed(nobody.ec2.DeleteVpc(ctx,
				&ec2.DeleteVpcInput{VpcId: aws.String("vpc-1")}))},
		who + "logs:DescribeLogGroups on resource: arn:aws:logs:us-east-1:123456789012:log-group::log-stream: " +
			"because no identity-based policy allows the logs:DescribeLogGroups action": {
			"AccessDeniedException", failed(nobody.logs.DescribeLogGroups(ctx, &logs.DescribeLogGroupsInput{}))},
		who + "secretsmanager:DescribeSecret on resource: none because no identity-based policy allows the " +
			"secretsmanager:DescribeSecret action": {
			"AccessDeniedException", failed(nobody.secrets.DescribeSecret(ctx,
				&secretsmanager.DescribeSecretInput{SecretId: aws.String("none")}))},
		who + "sqs:receivemessage on resource: arn:aws:sqs:us-east-1:123456789012:q because no identity-based policy " +
			"allows the sqs:receivemessage action": {
			"AccessDenied", failed(nobody.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: queue}))},
		who + "events:DeleteRule on resource: arn:aws:events:us-east-1:123456789012:rule/r because no identity-based " +
			"policy allows the events:DeleteRule action": {
			"AccessDeniedException", failed(nobody.events.DeleteRule(ctx,
				&eventbridge.DeleteRuleInput{Name: aws.String("r")}))},
		who + "sts:AssumeRole on resource: arn:aws:iam::123456789012:role/x": {
			"AccessDenied", failed(nobody.sts.AssumeRole(ctx, &sts.AssumeRoleInput{
				RoleArn: aws.String("arn:aws:iam::123456789012:role/x"), RoleSessionName: aws.String("it"),
			}))},
	} {
		wantMessage(t, tc.err, tc.code, want)
	}
	who2 := must(nobody.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}))(t) // needs no right
	if *who2.Arn != "arn:aws:iam::123456789012:user/nobody" || !strings.HasPrefix(*who2.UserId, "AIDA") {
		t.Errorf("got %s, %s", *who2.Arn, *who2.UserId)
	}
}

func failed[T any](_ T, err error) error { return err }

func TestUnknownKeys(t *testing.T) {
	t.Parallel()
	c := enforced(t)
	stranger := newClients(t, c.server.URL(), "us-east-1", "AKIANOBODY", c.server.SecretAccessKey())
	wantCode(t, failed(stranger.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})), "UnrecognizedClientException")
	wantCode(t, failed(stranger.iam.ListRoles(t.Context(), &iam.ListRolesInput{})), "InvalidClientTokenId")
	wantCode(t, failed(stranger.ec2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})), "AuthFailure")

	leaver := c.user(t, "leaver", policyOf(may("*", "*")))
	must(leaver.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{}))(t)
	key := must(leaver.iam.ListAccessKeys(t.Context(), &iam.ListAccessKeysInput{}))(t).AccessKeyMetadata[0].AccessKeyId
	must(c.iam.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{
		UserName: aws.String("leaver"), AccessKeyId: key,
	}))(t)
	wantCode(t, failed(leaver.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})), "UnrecognizedClientException")

	role := c.roleWith(t, "r", policyOf(may("*", "*")))
	got := must(c.sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: role.Arn, RoleSessionName: aws.String("it"),
	}))(t).Credentials
	thief := clientsWith(t, c.server.URL(), "us-east-1", credentials.NewStaticCredentialsProvider(*got.AccessKeyId,
		*got.SecretAccessKey, ""))
	wantCode(t, failed(thief.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})), "UnrecognizedClientException")
}

func TestPermissionsBoundary(t *testing.T) {
	t.Parallel()
	c := enforced(t)
	limit := must(c.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{
		PolicyName: aws.String("limit"), Path: aws.String("/team/"), PolicyDocument: policyOf(may("ecs:*", "*")),
	}))(t).Policy.Arn
	role := c.roleWith(t, "limited", policyOf(may("ecs:List*", "*"), may("iam:*", "*")))
	must(c.iam.PutRolePermissionsBoundary(t.Context(), &iam.PutRolePermissionsBoundaryInput{
		RoleName: role.RoleName, PermissionsBoundary: limit,
	}))(t)
	session := c.assume(t, role.Arn)
	must(session.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{}))(t)
	wantMessage(t, failed(session.iam.ListRoles(t.Context(), &iam.ListRolesInput{})), "AccessDenied",
		"User: arn:aws:sts::123456789012:assumed-role/limited/it is not authorized to perform: iam:ListRoles on "+
			"resource: * because no permissions boundary allows the iam:ListRoles action")
	wantMessage(t, failed(session.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{})), "AccessDeniedException",
		"no identity-based policy allows the ecs:CreateCluster action")
	wantCode(t, failed(c.iam.DeletePolicy(t.Context(), &iam.DeletePolicyInput{PolicyArn: limit})), "DeleteConflict")
	must(c.iam.DeleteRolePermissionsBoundary(t.Context(),
		&iam.DeleteRolePermissionsBoundaryInput{RoleName: role.RoleName}))(t)
	must(session.iam.ListRoles(t.Context(), &iam.ListRolesInput{}))(t)
	must(c.iam.DeletePolicy(t.Context(), &iam.DeletePolicyInput{PolicyArn: limit}))(t)
	wantMessage(t, failed(c.iam.PutRolePermissionsBoundary(t.Context(), &iam.PutRolePermissionsBoundaryInput{
		RoleName: role.RoleName, PermissionsBoundary: limit,
	})), "NoSuchEntity", "Scope ARN")
}

// A company may let people make roles only with its boundary, below its path.
func TestRolesOnlyWithTheBoundary(t *testing.T) {
	t.Parallel()
	c := enforced(t)
	limit := must(c.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{
		PolicyName: aws.String("limit"), PolicyDocument: policyOf(may("ecs:*", "*")),
	}))(t).Policy.Arn
	dev := c.user(t, "dev", policyOf(
		may("iam:CreateRole", "arn:aws:iam::123456789012:role/team/*",
			`"Condition": {"ArnEquals": {"iam:PermissionsBoundary": "`+*limit+`"}}`),
		may("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/team/*",
			`"Condition": {"ArnEquals": {"iam:PermissionsBoundary": "`+*limit+`"}}`),
		may("iam:TagRole", "arn:aws:iam::123456789012:role/team/*",
			`"Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "mine"}}`)))
	in := iam.CreateRoleInput{RoleName: aws.String("r"), Path: aws.String("/team/"), AssumeRolePolicyDocument: trustAll}
	wantCode(t, failed(dev.iam.CreateRole(t.Context(), &in)), "AccessDenied")
	in.PermissionsBoundary, in.Path = limit, nil
	wantMessage(t, failed(dev.iam.CreateRole(t.Context(), &in)), "AccessDenied",
		"iam:CreateRole on resource: arn:aws:iam::123456789012:role/r ")
	in.Path = aws.String("/team/")
	in.Tags = []iamtypes.Tag{{Key: aws.String("other"), Value: aws.String("v")}}
	wantMessage(t, failed(dev.iam.CreateRole(t.Context(), &in)), "AccessDenied", "iam:TagRole")
	in.Tags[0].Key = aws.String("mine")
	must(dev.iam.CreateRole(t.Context(), &in))(t)
	put := &iam.PutRolePolicyInput{
		RoleName: in.RoleName, PolicyName: aws.String("p"), PolicyDocument: policyOf(may("*", "*")),
	}
	must(dev.iam.PutRolePolicy(t.Context(), put))(t)
	must(c.iam.DeleteRolePermissionsBoundary(t.Context(),
		&iam.DeleteRolePermissionsBoundaryInput{RoleName: in.RoleName}))(t)
	wantCode(t, failed(dev.iam.PutRolePolicy(t.Context(), put)), "AccessDenied")
}
