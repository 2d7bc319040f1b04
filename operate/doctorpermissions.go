package operate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"ecsctl/provision"
)

// grant is a set of actions that bootstrap needs on some resources.
type grant struct {
	actions   []string
	resources []string          // ARNs; nil is "*"
	context   map[string]string // condition keys as AWS fills them in
}

// grants are all that bootstrap does in AWS.
func (d *doctor) grants() []grant {
	id, n := d.id, d.spec.Names
	cluster := id.ClusterARN(d.spec.Cluster)
	roles := []string{id.RoleARN(n.ExecutionRole), id.RoleARN(n.WorkerRole)}
	out := []grant{
		{actions: []string{"iam:GetRole", "iam:CreateRole", "iam:TagRole", "iam:ListAttachedRolePolicies", "iam:AttachRolePolicy", "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"}, resources: roles},
		{actions: []string{"iam:PassRole"}, resources: roles, context: map[string]string{"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
		{actions: []string{"ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups", "ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions", "ecs:ListClusters", "logs:DescribeLogGroups"}},
		{actions: []string{"ecs:DescribeClusters", "ecs:CreateCluster"}, resources: []string{cluster}},
		{actions: []string{"ecs:RegisterTaskDefinition"}, resources: []string{id.ARN("ecs", "task-definition/"+n.Family+":*")}},
		{actions: []string{"ecs:DescribeServices", "ecs:CreateService", "ecs:UpdateService", "ecs:TagResource"}, resources: []string{id.ARN("ecs", "service/"+shortName(cluster)+"/"+n.Service)}},
		{actions: []string{"logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:TagResource", "logs:ListTagsForResource"}, resources: []string{id.ARN("logs", "log-group:"+n.LogGroup)}},
		{actions: []string{"secretsmanager:DescribeSecret", "secretsmanager:CreateSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:TagResource"}, resources: []string{id.ARN("secretsmanager", "secret:"+n.Secret+"-AbCdEf")}},
	}
	if len(d.spec.Network.SecurityGroups) == 0 {
		out = append(out, grant{actions: []string{"ec2:CreateSecurityGroup"}, resources: []string{id.ARN("ec2", "security-group/*"), id.ARN("ec2", "vpc/*")}})
	}
	if d.observer {
		out = append(out,
			grant{actions: []string{"sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SetQueueAttributes", "sqs:CreateQueue", "sqs:ListQueueTags", "sqs:TagQueue"}, resources: []string{id.ARN("sqs", n.Queue), id.ARN("sqs", n.DeadLetterQueue)}},
			grant{actions: []string{"events:DescribeRule", "events:PutRule", "events:PutTargets", "events:ListTargetsByRule", "events:ListTagsForResource", "events:TagResource"}, resources: []string{id.ARN("events", "rule/"+n.Rule)}})
	}
	if d.spec.Worker.Runtime == provision.RuntimeECSCTL && d.spec.Worker.Image == "" {
		out = append(out,
			grant{actions: []string{"ecr:GetAuthorizationToken"}},
			grant{actions: []string{"ecr:DescribeRepositories", "ecr:CreateRepository", "ecr:TagResource", "ecr:ListTagsForResource", "ecr:GetLifecyclePolicy", "ecr:PutLifecyclePolicy", "ecr:DescribeImages", "ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage", "ecr:BatchGetImage"}, resources: []string{id.ARN("ecr", "repository/"+n.Repository)}})
	}
	return out
}

// checkPermissions asks IAM itself what the caller may do. Its answer knows permissions
// boundaries and service control policies, and no session policies. It has one result for
// each action, or, as in former years, one for each action and resource.
func (d *doctor) checkPermissions(ctx context.Context) {
	if !d.needsAWS(checkPermissions) {
		return
	}
	if strings.HasSuffix(d.id.Caller, ":root") {
		d.warn(checkPermissions, "this is the account's root user, who may do everything", "work as a user or a role")
		return
	}
	principal, err := d.principal(ctx)
	if err != nil {
		d.skip(checkPermissions, err.Error())
		return
	}
	var missing []string
	for _, g := range d.grants() {
		denied, err := d.simulate(ctx, principal, g)
		if err != nil {
			d.skip(checkPermissions, provision.ExplainAWS("ask IAM what "+principal+" may do", err).Error()+": what is missing shows when bootstrap comes to it")
			return
		}
		missing = append(missing, denied...)
	}
	if len(missing) > 0 {
		d.fail(checkPermissions, principal+" may not do what bootstrap needs: "+strings.Join(missing, ", "), "ask for a policy that allows them, or run as somebody who may")
		return
	}
	d.ok(checkPermissions, principal+" may do all that bootstrap does, says IAM")
}

// principal is the caller's ARN as IAM has it: that of a role in a path is not in that of
// its sessions.
func (d *doctor) principal(ctx context.Context) (string, error) {
	arn, roleName := d.id.IAMPrincipal()
	switch {
	case strings.Contains(arn, ":federated-user/"):
		return "", fmt.Errorf("IAM does not tell what the federated user %s may do", arn)
	case roleName == "":
		return arn, nil
	}
	out, err := d.Clients.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(roleName)})
	if err != nil {
		return arn, nil //nolint:nilerr // the derived ARN is right for all roles without a path
	}
	return aws.ToString(out.Role.Arn), nil
}

// simulate returns the actions of a grant that are not allowed on each of its resources.
func (d *doctor) simulate(ctx context.Context, principal string, g grant) ([]string, error) {
	in := &iam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String(principal), ActionNames: g.actions, ResourceArns: g.resources}
	for key, value := range g.context {
		in.ContextEntries = append(in.ContextEntries, types.ContextEntry{ContextKeyName: aws.String(key), ContextKeyType: types.ContextKeyTypeEnumString, ContextKeyValues: []string{value}})
	}
	var denied []string
	pages := iam.NewSimulatePrincipalPolicyPaginator(d.Clients.IAM, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, result := range page.EvaluationResults {
			action := aws.ToString(result.EvalActionName)
			if result.EvalDecision != types.PolicyEvaluationDecisionTypeAllowed && !slices.Contains(denied, action) {
				denied = append(denied, action)
			}
		}
	}
	return denied, nil
}
