package provision_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"ecsctl/sandbox"
)

// damages are things done behind ecsctl's back, and what the next plan shows: this
// and nothing else.
var damages = map[string]struct {
	do   func(context.Context, *account) error
	plan []string
	// after clears away what a repair leaves by design.
	after func(context.Context, *account) error
}{
	"execution role deleted": {do: deleteRole(executionRole, "prefect-secrets"),
		plan: []string{"execution-role create"}},
	"worker role deleted": {do: deleteRole(workerRole, "prefect-worker"),
		plan: []string{"worker-role create"}},
	"trust policy changed":    {do: trust(trustLambda), plan: []string{"worker-role update"}},
	"trust policy widened":    {do: trust(trustLambda + "," + trustECS), plan: []string{"worker-role update"}},
	"managed policy detached": {do: detach, plan: []string{"execution-role update"}},
	"inline policy deleted":   {do: deletePolicy, plan: []string{"execution-role update"}},
	"inline policy widened":   {do: widenPolicy, plan: []string{"worker-role update"}},
	"log group deleted":       {do: deleteLogGroup, plan: []string{"log-group create"}},
	"retention changed":       {do: changeRetention, plan: []string{"log-group update"}},
	"retention deleted":       {do: deleteRetention, plan: []string{"log-group update"}},
	"secret's value changed":  {do: changeSecret, plan: []string{"api-key-secret update", "service update"}},
	"secret scheduled to go": {do: deleteSecret(false),
		plan: []string{"api-key-secret update", "service update"}},
	"port opened":   {do: openPort, plan: []string{"security-group update"}},
	"egress closed": {do: closeEgress, plan: []string{"security-group update"}},
	"security group deleted": {do: deleteGroup, plan: []string{"security-group create", "service update",
		"work-pool update"}},
	"service deleted":              {do: deleteService, plan: []string{"service create"}},
	"cluster and service deleted":  {do: deleteCluster, plan: []string{"cluster create", "service create"}},
	"capacity providers taken off": {do: associate("FARGATE"), plan: []string{"cluster update"}},
	"service moved":                {do: moveService, plan: []string{"service update"}},
	"circuit breaker off": {plan: []string{"service update"}, do: updateService(func(in *ecs.UpdateServiceInput) {
		in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{
			DeploymentCircuitBreaker: &ecstypes.DeploymentCircuitBreaker{}}
	})},
	"desired count set by the Spec": {plan: []string{"service update"},
		do: updateService(func(in *ecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(2) })},
	"task definition deregistered":   {do: deregister, plan: []string{"service update", "task-definition create"}},
	"queue deleted":                  {do: deleteQueue("prefect-etl"), plan: []string{"queue create"}},
	"queue's policy widened":         {do: setQueue("Policy", openQueue), plan: []string{"queue update"}},
	"queue's policy deleted":         {do: setQueue("Policy", ""), plan: []string{"queue update"}},
	"queue without its dead letters": {do: setQueue("RedrivePolicy", ""), plan: []string{"queue update"}},
	"messages kept for an hour":      {do: setQueue("MessageRetentionPeriod", "3600"), plan: []string{"queue update"}},
	"dead-letter queue deleted": {do: deleteQueue("prefect-etl-dead-letter"),
		plan: []string{"dead-letter-queue create"}},
	"rule deleted":           {do: deleteRule, plan: []string{"event-rule create"}},
	"rule disabled":          {do: disableRule, plan: []string{"event-rule update"}},
	"rule's pattern widened": {do: widenRule, plan: []string{"event-rule update"}},
	"rule's target removed":  {do: removeTarget, plan: []string{"event-rule update"}},
	"work pool deleted":      {do: deletePool, plan: []string{"work-pool create"}},
	"default changed": {plan: []string{"work-pool update"},
		do: editPool(func(p map[string]any) { p["cluster"].(map[string]any)["default"] = "theirs" })},
	"default taken away": {plan: []string{"work-pool update"},
		do: editPool(func(p map[string]any) { delete(p["vpc_id"].(map[string]any), "default") })},
	// A new secret has a new ARN, which the containers and the pool name.
	"secret deleted for good": {do: deleteSecret(true), after: deregister,
		plan: []string{"api-key-secret create", "service update", "task-definition update", "work-pool update"}},
}

// Each resource altered or deleted behind our back shows up alone in the plan, with
// what hangs on it, and is repaired by the next run.
func TestDamageIsRepaired(t *testing.T) {
	t.Parallel()
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, sandbox.Options{}, 3)
			a.bootstrap()
			whole := a.snapshot()
			if err := damage.do(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(damage.plan, a.plan()); diff != "" {
				t.Errorf("the plan (-want +got):\n%s", diff)
			}
			a.bootstrap()
			if damage.after != nil {
				if err := damage.after(t.Context(), a); err != nil {
					t.Fatal(err)
				}
			}
			a.same("after the repair", whole)
			a.settled()
		})
	}
}

// A tag of the user's that somebody took off is put back, wherever it was.
func TestTagsArePutBack(t *testing.T) {
	t.Parallel()
	const ecsARN = "arn:aws:ecs:eu-west-1:123456789012:"
	for name, damage := range map[string]struct {
		do   func(context.Context, *account) error
		plan string
	}{
		"role": {func(ctx context.Context, a *account) error {
			_, err := a.source.IAM.UntagRole(ctx, &iam.UntagRoleInput{RoleName: workerRole, TagKeys: []string{"team"}})
			return err
		}, "worker-role update"},
		"log group": {func(ctx context.Context, a *account) error {
			_, err := a.source.Logs.UntagResource(ctx, &cloudwatchlogs.UntagResourceInput{
				ResourceArn: logGroupARN, TagKeys: []string{"team"},
			})
			return err
		}, "log-group update"},
		"queue": {func(ctx context.Context, a *account) error {
			return a.untagQueue(ctx, "prefect-etl", "team")
		}, "queue update"},
		"dead-letter queue": {func(ctx context.Context, a *account) error {
			return a.untagQueue(ctx, "prefect-etl-dead-letter", "team")
		}, "dead-letter-queue update"},
		"rule": {func(ctx context.Context, a *account) error {
			_, err := a.source.Events.UntagResource(ctx, &eventbridge.UntagResourceInput{
				ResourceARN: ruleARN, TagKeys: []string{"team"},
			})
			return err
		}, "event-rule update"},
		"cluster": {func(ctx context.Context, a *account) error { return untag(ctx, a, ecsARN+"cluster/default") },
			"cluster update"},
		"service": {func(ctx context.Context, a *account) error {
			return untag(ctx, a, ecsARN+"service/default/"+*family)
		}, "service update"},
		"task definition": {func(ctx context.Context, a *account) error {
			return untag(ctx, a, ecsARN+"task-definition/"+*family+":1")
		}, "task-definition update"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, sandbox.Options{}, 3)
			a.spec.Tags = map[string]string{"team": "data"}
			a.bootstrap()
			whole := a.snapshot()
			if err := damage.do(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{damage.plan}, a.plan()); diff != "" {
				t.Errorf("the plan (-want +got):\n%s", diff)
			}
			a.bootstrap()
			a.same("after the repair", whole)
			a.settled()
		})
	}
}

// What is others' to change is left as they have it.
func TestChangesOfOthersStay(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(context.Context, *account) error{
		"a default that is not ours": editPool(func(p map[string]any) {
			p["image"].(map[string]any)["default"] = "theirs"
		}),
		"a variable of their own": editPool(func(p map[string]any) {
			p["mine"] = map[string]any{"type": "string", "default": "x"}
		}),
		"a further policy": func(ctx context.Context, a *account) error {
			_, err := a.source.IAM.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{
				RoleName: workerRole, PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"),
			})
			return err
		},
		"a further target of the rule": func(ctx context.Context, a *account) error {
			_, err := a.source.Events.PutTargets(ctx,
				&eventbridge.PutTargetsInput{Rule: rule, Targets: []eventtypes.Target{
					{Id: aws.String("theirs"), Arn: aws.String("arn:aws:sqs:eu-west-1:123456789012:theirs")}}})
			return err
		},
		"a further tag": func(ctx context.Context, a *account) error {
			_, err := a.source.Logs.TagResource(ctx, &cloudwatchlogs.TagResourceInput{
				ResourceArn: logGroupARN, Tags: map[string]string{"theirs": "1"},
			})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, sandbox.Options{}, 3)
			a.bootstrap()
			if err := do(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			changed := a.snapshot()
			a.settled()
			a.same("after a further run", changed)
		})
	}
}
