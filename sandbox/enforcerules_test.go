package sandbox_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secrettypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func TestSecurityGroupsOnlyWithATag(t *testing.T) {
	t.Parallel()
	c := enforced(t)
	ctx := t.Context()
	vpc := must(c.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{}))(t).Vpcs[0].VpcId
	const ec2ARN = "arn:aws:ec2:us-east-1:123456789012:"
	dev := c.user(t, "dev", policyOf(
		may("ec2:CreateSecurityGroup", ec2ARN+"security-group/*",
			`"Condition": {"StringEquals": {"aws:RequestTag/team": "a"}}`),
		may("ec2:CreateSecurityGroup", ec2ARN+"vpc/"+*vpc),
		may("ec2:CreateTags", ec2ARN+"security-group/*",
			`"Condition": {"StringEquals": {"ec2:CreateAction": "CreateSecurityGroup"}}`),
		may("ec2:DeleteSecurityGroup", "*",
			`"Condition": {"StringEquals": {"aws:ResourceTag/team": "a", "ec2:Region": "us-east-1"}, "ArnEquals": {"ec2:Vpc": "`+ec2ARN+"vpc/"+*vpc+`"}}`)))
	in := ec2.CreateSecurityGroupInput{GroupName: aws.String("g"), Description: aws.String("d"), VpcId: vpc}
	wantMessage(t, failed(dev.ec2.CreateSecurityGroup(ctx, &in)), "UnauthorizedOperation",
		"ec2:CreateSecurityGroup on resource: "+ec2ARN+"security-group/* because")
	in.TagSpecifications = []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeSecurityGroup,
		Tags: []ec2types.Tag{{Key: aws.String("team"), Value: aws.String("a")}}}}
	group := must(dev.ec2.CreateSecurityGroup(ctx, &in))(t).GroupId
	other := must(c.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")}))(t).Vpc.VpcId
	in.VpcId = other
	wantMessage(t, failed(dev.ec2.CreateSecurityGroup(ctx, &in)), "UnauthorizedOperation", "on resource: "+ec2ARN+
		"vpc/"+*other)
	wantMessage(t, failed(dev.ec2.CreateTags(ctx, &ec2.CreateTagsInput{
		Resources: []string{*group}, Tags: in.TagSpecifications[0].Tags,
	})),
		"UnauthorizedOperation", "ec2:CreateTags on resource: "+ec2ARN+"security-group/"+*group)
	theirs := must(c.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("h"), Description: aws.String("d"), VpcId: vpc,
	}))(t).GroupId
	wantCode(t, failed(dev.ec2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: theirs})),
		"UnauthorizedOperation")
	must(dev.ec2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: group}))(t)
}

// A log group's ARN goes on with ":*" but where it is tagged.
func TestLogGroupARNs(t *testing.T) {
	t.Parallel()
	c := enforced(t)
	ctx := t.Context()
	const group = "arn:aws:logs:us-east-1:123456789012:log-group:/g"
	half := c.user(t, "half", policyOf(may("logs:*", group)))
	wantCode(t, failed(half.logs.CreateLogGroup(ctx, &logs.CreateLogGroupInput{LogGroupName: aws.String("/g")})),
		"AccessDeniedException")
	dev := c.user(t, "dev", policyOf(may("logs:CreateLogGroup", group+":*"), may("logs:PutRetentionPolicy", group+":*"),
		may("logs:TagResource", group)))
	must(dev.logs.CreateLogGroup(ctx, &logs.CreateLogGroupInput{
		LogGroupName: aws.String("/g"), Tags: map[string]string{"a": "b"},
	}))(t)
	must(dev.logs.PutRetentionPolicy(ctx, &logs.PutRetentionPolicyInput{
		LogGroupName: aws.String("/g"), RetentionInDays: aws.Int32(7),
	}))(t)
	old := c.user(t, "old", policyOf(may("logs:CreateLogGroup", "*"), may("logs:TagLogGroup", "*")))
	must(old.logs.CreateLogGroup(ctx, &logs.CreateLogGroupInput{
		LogGroupName: aws.String("/h"), Tags: map[string]string{"a": "b"},
	}))(t)
}

func TestSecretsByPattern(t *testing.T) {
	t.Parallel()
	c := enforced(t)
	ctx := t.Context()
	const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:a/key"
	tags := []secrettypes.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
	reader := c.user(t, "reader", policyOf(may("secretsmanager:GetSecretValue", arn+"-??????")))
	made := must(c.secrets.CreateSecret(ctx, &secretsmanager.CreateSecretInput{
		Name: aws.String("a/key"), SecretString: aws.String("x"), Tags: tags,
	}))(t)
	must(reader.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: made.ARN}))(t)
	must(reader.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: made.Name}))(t)
	wantCode(t, failed(reader.secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: made.Name})),
		"AccessDeniedException")

	// Of a secret that is not there AWS does not say by which ARN it goes.
	maker := c.user(t, "maker", policyOf(may("secretsmanager:*", arn+"2-??????")))
	in := secretsmanager.CreateSecretInput{Name: aws.String("a/key2"), SecretString: aws.String("x"), Tags: tags}
	wantMessage(t, failed(maker.secrets.CreateSecret(ctx, &in)), "AccessDeniedException", "on resource: "+arn+
		"2 because")
	both := c.user(t, "both",
		aws.String(
			`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": ["`+
				arn+`2", "`+arn+`2-??????"]}}`))
	wantCode(t, failed(both.secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: in.Name})),
		"ResourceNotFoundException")
	must(both.secrets.CreateSecret(ctx, &in))(t)
}

func TestQueuePolicyLetsInACaller(t *testing.T) {
	t.Parallel()
	c := enforced(t)
	ctx := t.Context()
	sender, eve := c.user(t, "sender", nil), c.user(t, "eve", policyOf(may("sqs:*", "*")))
	queue := must(c.sqs.CreateQueue(ctx,
		&sqs.CreateQueueInput{QueueName: aws.String("q"), Attributes: map[string]string{"Policy": *policyOf(
			`{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/sender"}, "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-east-1:123456789012:q"}`,
			`{"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::123456789012:user/eve"}, "Action": "sqs:*", "Resource": "*"}`)}}))(t).QueueUrl
	must(sender.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: queue, MessageBody: aws.String("m")}))(t)
	wantCode(t, failed(sender.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: queue})), "AccessDenied")
	wantMessage(t, failed(eve.sqs.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: queue, MessageBody: aws.String("m"),
	})), "AccessDenied", "with an explicit deny in a resource-based policy")
	_, err := c.sqs.SetQueueAttributes(ctx,
		&sqs.SetQueueAttributesInput{QueueUrl: queue, Attributes: map[string]string{"Policy": *policyOf(
			`{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*", "Condition": {"StringEquals": {"sqs:odd": "x"}}}`)}})
	wantMessage(t, err, "SandboxNotImplemented", "the condition key sqs:odd")
}

func TestTrustPolicies(t *testing.T) {
	t.Parallel()
	c := enforced(t)
	ctx := t.Context()
	const role = "arn:aws:iam::123456789012:role/"
	named, idle := c.user(t, "named", nil), c.user(t, "idle", nil)
	able := c.user(t, "able", policyOf(may("sts:AssumeRole", role+"*")))
	for name, trust := range map[string]string{
		"theirs":  `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/named"}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:ExternalId": "their-id"}}}`,
		"account": `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}`,
		"tasks":   `{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}`,
	} {
		must(c.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: policyOf(trust)}))(t)
	}
	assume := func(by *clients, name, external string) error {
		in := &sts.AssumeRoleInput{RoleArn: aws.String(role + name), RoleSessionName: aws.String("it")}
		if external != "" {
			in.ExternalId = &external
		}
		return failed(by.sts.AssumeRole(ctx, in))
	}
	for name, tc := range map[string]struct {
		err error
		ok  bool
	}{
		"whom a role names needs no right": {assume(named, "theirs", "their-id"), true},
		"but its condition holds":          {assume(named, "theirs", "other-id"), false},
		"the account passes on":            {assume(able, "account", ""), true},
		"to those who may":                 {assume(idle, "account", ""), false},
		"a right is not trust":             {assume(able, "theirs", "their-id"), false},
		"services are services":            {assume(able, "tasks", ""), false},
		"nor is the account's own key":     {assume(c.clientsOfRoot(t), "tasks", ""), false},
	} {
		if (tc.err == nil) != tc.ok {
			t.Errorf("%s: got %v", name, tc.err)
		}
		if tc.err != nil {
			wantCode(t, tc.err, "AccessDenied")
		}
	}
	short := must(able.sts.AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: aws.String(role + "account"), RoleSessionName: aws.String("it"), DurationSeconds: aws.Int32(900),
	}))(t)
	if left := time.Until(*short.Credentials.Expiration); left > 15*time.Minute || left < 14*time.Minute {
		t.Errorf("expires in %s", left)
	}
	wantCode(t, failed(able.sts.AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: aws.String(role + "account"), RoleSessionName: aws.String("it"), DurationSeconds: aws.Int32(7200),
	})), "ValidationError")
}

// clientsOfRoot are those of the account's own key.
func (c *clients) clientsOfRoot(t *testing.T) *clients {
	t.Helper()
	return newClients(t, c.server.URL(), "us-east-1", "SANDBOX", c.server.SecretAccessKey())
}

// A policy that could not be evaluated is refused when it comes, not ignored when it counts.
func TestPoliciesThatTheSandboxCannotJudge(t *testing.T) {
	t.Parallel()
	c := enforced(t)
	ctx := t.Context()
	name := aws.String("r")
	c.roleWith(t, *name, nil)
	for want, policy := range map[string]*string{
		"the condition key ecs:container-name": policyOf(may("ecs:ExecuteCommand", "*",
			`"Condition": {"StringEquals": {"ecs:container-name": "x"}}`)),
		"the policy variable saml:sub": policyOf(may("ecs:*", "arn:aws:ecs:*:*:cluster/${saml:sub}")),
	} {
		_, err := c.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
			RoleName: name, PolicyName: aws.String("p"), PolicyDocument: policy,
		})
		wantMessage(t, err, "SandboxNotImplemented", want)
		_, err = c.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: policy})
		wantMessage(t, err, "SandboxNotImplemented", want)
	}
	_, err := c.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
		RoleName: name, PolicyName: aws.String("p"),
		PolicyDocument: policyOf(may("ecs:*", "*", `"Condition": {"Sometimes": {"aws:username": "x"}}`)),
	})
	wantMessage(t, err, "MalformedPolicyDocument", "Invalid Condition type : Sometimes.")
	_, err = c.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{
		RoleName: name, PolicyArn: aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess"),
	})
	wantMessage(t, err, "SandboxNotImplemented", "the rights of the managed policy ReadOnlyAccess")
}
