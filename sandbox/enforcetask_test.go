package sandbox_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"ecsctl/sandbox"
)

// What ECS does for a task it does with the rights of the execution role.
func TestExecutionRoles(t *testing.T) {
	t.Parallel()
	const secretRight, tokenRight = "secretsmanager:GetSecretValue", "ecr:GetAuthorizationToken"
	for name, tc := range map[string]struct {
		policy *string
		image  string
		want   string // of the reason; "" is a task that runs
	}{
		"secret": {policyOf(may("logs:*", "*")), testImage,
			"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval " +
				"failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to " +
				"fetch secret SECRET from secrets manager: AccessDeniedException: User: " +
				"arn:aws:sts::123456789012:assumed-role/execution/TASK is not authorized to perform: " +
				"secretsmanager:GetSecretValue on resource: SECRET because no identity-based policy allows the " +
				"secretsmanager:GetSecretValue action"},
		"log stream": {policyOf(may(secretRight, "*")), testImage,
			"ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: " +
				"failed to create Cloudwatch log stream: AccessDeniedException: User: " +
				"arn:aws:sts::123456789012:assumed-role/execution/TASK is not authorized to perform: " +
				"logs:CreateLogStream on resource: " +
				"arn:aws:logs:us-east-1:123456789012:log-group:GROUP:log-stream:p/main/TASK because no " +
				"identity-based policy allows the logs:CreateLogStream action : exit status 1"},
		"registry": {policyOf(may(secretRight, "*"), may("logs:*", "*")),
			"123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1",
			"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval " +
				"failed: unable to retrieve ecr registry auth: service call has been retried 1 time(s): " +
				"AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/execution/TASK is not " +
				"authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy " +
				"allows the ecr:GetAuthorizationToken action"},
		"image": {policyOf(may(secretRight, "*"), may("logs:*", "*"), may(tokenRight, "*"),
			may("ecr:*", "arn:aws:ecr:*:*:repository/other")), "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1",
			"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref " +
				"123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1: unexpected status from HEAD request to " +
				"REGISTRY/v2/app/manifests/1: 403 Forbidden"},
		"all": {policyOf(may(secretRight, "*"), may("logs:CreateLogStream", "*"), may("logs:PutLogEvents", "*")),
			testImage, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := running(t, "echo $S", sandbox.Options{EnforceIAM: true})
			group, secret := c.logGroup(t, nil), c.secret(t)
			role := c.roleWith(t, "execution", tc.policy)
			task := c.run(t, c.app(t, func(in *ecs.RegisterTaskDefinitionInput) {
				logged(group)(in)
				in.ExecutionRoleArn = role.Arn
				in.ContainerDefinitions[0].Image = &tc.image
				in.ContainerDefinitions[0].Secrets = []types.Secret{{Name: aws.String("S"), ValueFrom: secret.ARN}}
			}), nil)
			got := c.awaitTask(t, task, "STOPPED")
			if tc.want == "" {
				if diff := cmp.Diff([]string{"hush"}, c.logLines(t, group, task)); diff != "" {
					t.Error(diff)
				}
				return
			}
			id := (*task.TaskArn)[strings.LastIndex(*task.TaskArn, "/")+1:]
			want := strings.NewReplacer("SECRET", *secret.ARN, "GROUP", *group, "TASK", id, "REGISTRY",
				c.server.URL()).Replace(tc.want)
			if got.StopCode != types.TaskStopCodeTaskFailedToStart || *got.StoppedReason != want {
				t.Errorf("got stop code %s, %s", got.StopCode, cmp.Diff(want, *got.StoppedReason))
			}
		})
	}
}

func TestSimulatePolicies(t *testing.T) {
	t.Parallel()
	c := enforced(t)
	ctx := t.Context()
	const one = "arn:aws:ecs:us-east-1:123456789012:cluster/one"
	role := c.roleWith(t, "r",
		policyOf(may("ecs:RunTask", "*", `"Condition": {"ArnEquals": {"ecs:cluster": "`+one+`"}}`),
			may("ecs:List*", "*"),
			`{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}`))
	in := &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: role.Arn, ActionNames: []string{"ecs:RunTask", "ecs:ListTasks", "ecs:StopTask", "iam:GetRole"},
	}
	want := []string{"ecs:RunTask implicitDeny [ecs:cluster]", "ecs:ListTasks allowed []",
		"ecs:StopTask implicitDeny []", "iam:GetRole explicitDeny []"}
	if diff := cmp.Diff(want,
		simulated(must(c.iam.SimulatePrincipalPolicy(ctx, in))(t).EvaluationResults)); diff != "" {
		t.Error(diff)
	}
	in.ContextEntries = []iamtypes.ContextEntry{{ContextKeyName: aws.String("ecs:cluster"),
		ContextKeyValues: []string{one}, ContextKeyType: iamtypes.ContextKeyTypeEnumString}}
	in.ActionNames, in.PermissionsBoundaryPolicyInputList = in.ActionNames[:2],
		[]string{*policyOf(may("ecs:RunTask", "*"))}
	results := must(c.iam.SimulatePrincipalPolicy(ctx, in))(t).EvaluationResults
	if diff := cmp.Diff([]string{"ecs:RunTask allowed []", "ecs:ListTasks implicitDeny []"},
		simulated(results)); diff != "" {
		t.Error(diff)
	}
	if b := results[1].PermissionsBoundaryDecisionDetail; b == nil || b.AllowedByPermissionsBoundary {
		t.Errorf("got %+v", b)
	}
	custom := &iam.SimulateCustomPolicyInput{
		PolicyInputList: []string{*policyOf(may("s3:Get*", "arn:aws:s3:::b/*"))}, ActionNames: []string{"s3:GetObject"},
		ResourceArns: []string{"arn:aws:s3:::b/k", "arn:aws:s3:::c/k"},
	}
	if diff := cmp.Diff([]string{"s3:GetObject allowed []", "s3:GetObject implicitDeny []"},
		simulated(must(c.iam.SimulateCustomPolicy(ctx, custom))(t).EvaluationResults)); diff != "" {
		t.Error(diff)
	}
	in.PolicySourceArn = aws.String("arn:aws:iam::123456789012:role/none")
	wantCode(t, failed(c.iam.SimulatePrincipalPolicy(ctx, in)), "NoSuchEntity")
}

func simulated(results []iamtypes.EvaluationResult) []string {
	var out []string
	for _, r := range results {
		out = append(out, *r.EvalActionName+" "+string(r.EvalDecision)+" ["+
			strings.Join(r.MissingContextValues, " ")+"]")
	}
	return out
}
