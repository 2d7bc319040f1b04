package sandbox_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/go-cmp/cmp"
)

const taskChanges = `{"source":["aws.ecs"],"detail-type":["ECS Task State Change"]}`

// rule makes a rule and returns its name and ARN.
func (c *clients) rule(t *testing.T, pattern string) (name, arn *string) {
	t.Helper()
	name = unique("contract")
	arn = must(c.events.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: name, EventPattern: &pattern}))(t).RuleArn
	afterwards(t, func(ctx context.Context) {
		_, _ = c.events.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: name, Ids: []string{"q"}})
		_, _ = c.events.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: name})
	})
	return name, arn
}

// target sends what matches the rule to a queue.
func (c *clients) target(t *testing.T, rule *string, queueARN string) {
	t.Helper()
	out := must(c.events.PutTargets(t.Context(), &eventbridge.PutTargetsInput{
		Rule: rule, Targets: []types.Target{{Id: aws.String("q"), Arn: &queueARN}},
	}))(t)
	if out.FailedEntryCount != 0 {
		t.Fatalf("got %+v", out.FailedEntries)
	}
}

func TestRule(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name, arn := c.rule(t, taskChanges)
	if *arn != "arn:aws:events:us-east-1:123456789012:rule/"+*name {
		t.Errorf("got ARN %s", *arn)
	}
	got := must(c.events.DescribeRule(t.Context(), &eventbridge.DescribeRuleInput{Name: name}))(t)
	if got.State != types.RuleStateEnabled || *got.EventPattern != taskChanges || *got.EventBusName != "default" {
		t.Errorf("got %+v", got)
	}
	must(c.events.PutRule(t.Context(), &eventbridge.PutRuleInput{
		Name: name, EventPattern: aws.String(`{"source":["x"]}`), State: types.RuleStateDisabled,
	}))(t)
	listed := must(c.events.ListRules(t.Context(), &eventbridge.ListRulesInput{NamePrefix: name}))(t).Rules
	if len(listed) != 1 || *listed[0].EventPattern != `{"source":["x"]}` || listed[0].State != types.RuleStateDisabled {
		t.Errorf("got %+v", listed)
	}
	must(c.events.DeleteRule(t.Context(), &eventbridge.DeleteRuleInput{Name: name}))(t)
	_, err := c.events.DescribeRule(t.Context(), &eventbridge.DescribeRuleInput{Name: name})
	wantCode(t, err, "ResourceNotFoundException")
}

func TestDeletingNoRuleIsNoError(t *testing.T) {
	t.Parallel()
	c := contract(t)
	must(c.events.DeleteRule(t.Context(), &eventbridge.DeleteRuleInput{Name: unique("none")}))(t)
}

func TestRuleTargets(t *testing.T) {
	t.Parallel()
	c := contract(t)
	queue := c.queueAttributes(t, c.queue(t, nil))["QueueArn"]
	name, _ := c.rule(t, taskChanges)
	c.target(t, name, queue)
	c.target(t, name, queue) // the same id again replaces it
	list := func() []types.Target {
		return must(c.events.ListTargetsByRule(t.Context(), &eventbridge.ListTargetsByRuleInput{Rule: name}))(t).Targets
	}
	if got := list(); len(got) != 1 || *got[0].Arn != queue || *got[0].Id != "q" {
		t.Errorf("got targets %+v", got)
	}
	rules := must(c.events.ListRuleNamesByTarget(t.Context(),
		&eventbridge.ListRuleNamesByTargetInput{TargetArn: &queue}))(t).RuleNames
	if diff := cmp.Diff([]string{*name}, rules); diff != "" {
		t.Error(diff)
	}
	_, err := c.events.DeleteRule(t.Context(), &eventbridge.DeleteRuleInput{Name: name})
	wantMessage(t, err, "ValidationException", "Rule can't be deleted since it has targets.")
	must(c.events.RemoveTargets(t.Context(), &eventbridge.RemoveTargetsInput{Rule: name, Ids: []string{"q"}}))(t)
	if got := list(); len(got) != 0 {
		t.Errorf("got targets %+v", got)
	}
	_, err = c.events.ListTargetsByRule(t.Context(), &eventbridge.ListTargetsByRuleInput{Rule: unique("none")})
	wantCode(t, err, "ResourceNotFoundException")
}

func TestRuleTags(t *testing.T) {
	t.Parallel()
	c := contract(t)
	_, arn := c.rule(t, taskChanges)
	must(c.events.TagResource(t.Context(), &eventbridge.TagResourceInput{ResourceARN: arn, Tags: []types.Tag{
		{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}}))(t)
	must(c.events.UntagResource(t.Context(), &eventbridge.UntagResourceInput{
		ResourceARN: arn, TagKeys: []string{"b"},
	}))(t)
	tags := must(c.events.ListTagsForResource(t.Context(),
		&eventbridge.ListTagsForResourceInput{ResourceARN: arn}))(t).Tags
	if len(tags) != 1 || *tags[0].Key != "a" || *tags[0].Value != "1" {
		t.Errorf("got tags %+v", tags)
	}
}

func TestTwoWildcardsInARow(t *testing.T) {
	t.Parallel()
	c := contract(t)
	pattern := `{"source":[{"wildcard":"a**"}]}`
	_, err := c.events.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: unique("contract"), EventPattern: &pattern})
	wantCode(t, err, "InvalidEventPatternException")
}

func TestPatternsThatEventBridgeRefuses(t *testing.T) {
	t.Parallel()
	c := contract(t)
	for _, pattern := range []string{`{`, `{"source":"aws.ecs"}`, `{"source":[]}`} {
		_, err := c.events.PutRule(t.Context(), &eventbridge.PutRuleInput{
			Name: unique("contract"), EventPattern: &pattern,
		})
		wantCode(t, err, "InvalidEventPatternException")
	}
}
