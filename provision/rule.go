package provision

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"golang.org/x/sync/errgroup"

	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
	"ecsctl/provision/spec"
)

// eventRule is the EventBridge rule, on the default bus, that sends task changes to the
// observer's queue.
type eventRule struct {
	w     *world
	found *foundRule
}

type foundRule struct {
	pattern string
	state   types.RuleState
	targets []types.Target
	tags    map[string]string
}

// queueTarget is the id of the rule's target. Others are the user's.
const queueTarget = "queue"

func (r *eventRule) ref() (Kind, string) { return KindRule, r.name() }
func (r *eventRule) name() string        { return r.w.spec.Names.Rule }
func (r *eventRule) owned() bool         { return r.found != nil && r.w.owns(r.found.tags) }

func (r *eventRule) needs() []Kind {
	if !r.w.Observes() {
		return nil
	}
	return []Kind{KindQueue}
}

func (r *eventRule) find(ctx context.Context) error {
	found, err := r.read(ctx)
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		found, err = nil, nil
	}
	r.found = found
	return explain(fmt.Sprintf("read event rule %q", r.name()), err)
}

func (r *eventRule) read(ctx context.Context) (*foundRule, error) {
	api := r.w.aws.Events
	got, err := api.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: aws.String(r.name())})
	if err != nil {
		return nil, err
	}
	out := &foundRule{pattern: aws.ToString(got.EventPattern), state: got.State}
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		// A rule has five targets at most, so there is one page.
		targets, err := api.ListTargetsByRule(gctx, &eventbridge.ListTargetsByRuleInput{Rule: aws.String(r.name())})
		if err == nil {
			out.targets = targets.Targets
		}
		return err
	})
	group.Go(func() error {
		tags, err := api.ListTagsForResource(gctx,
			&eventbridge.ListTagsForResourceInput{ResourceARN: aws.String(r.w.ruleARN())})
		if err == nil {
			out.tags = TagMap(tags.Tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })
		}
		return err
	})
	return out, group.Wait()
}

func (r *eventRule) check() error {
	if !r.w.Observes() || r.found == nil || r.owned() {
		return nil
	}
	return hint.Add(fmt.Errorf("%s %q exists and was not made by ecsctl for this pool", KindRule, r.name()),
		"name another one with --rule-name, or do without with --no-observer")
}

func (r *eventRule) diff() Change {
	if !r.w.Observes() {
		return removeUnwanted(r.remove())
	}
	c := Change{Kind: KindRule, Name: r.name(), ID: r.w.ruleARN()}
	if r.found == nil {
		c.Action, c.ID = Create, ""
		return c
	}
	c.Fields = append(r.contentFields(), r.targetFields()...)
	c.Fields = append(c.Fields, r.w.tagFields(r.found.tags)...)
	c.Action = updateIf(c.Fields)
	return c
}

func (r *eventRule) contentFields() []Field {
	fields := compareDocuments("eventPattern", r.found.pattern, r.w.taskPattern(), canonicalPattern)
	return append(fields, compare("state", r.found.state, types.RuleStateEnabled)...)
}

func (r *eventRule) target() types.Target {
	return types.Target{Id: aws.String(queueTarget), Arn: aws.String(r.w.queueARN())}
}

func (r *eventRule) targetFields() []Field {
	var before any
	for _, target := range r.found.targets {
		if aws.ToString(target.Id) == queueTarget {
			before = target
		}
	}
	return compare("targets."+queueTarget, before, r.target())
}

func (r *eventRule) apply(ctx context.Context) (string, error) {
	if !r.w.Observes() {
		return "", r.delete(ctx)
	}
	if err := r.put(ctx); err != nil {
		return "", err
	}
	if tags := r.w.missingTags(r.found.tags); len(tags) > 0 {
		_, err := r.w.aws.Events.TagResource(ctx, &eventbridge.TagResourceInput{
			ResourceARN: aws.String(r.w.ruleARN()), Tags: eventTags(tags),
		})
		if err != nil {
			return "", explain("tag the event rule", err)
		}
	}
	if len(r.targetFields()) == 0 {
		return r.w.ruleARN(), nil
	}
	out, err := r.w.aws.Events.PutTargets(ctx, &eventbridge.PutTargetsInput{
		Rule: aws.String(r.name()), Targets: []types.Target{r.target()},
	})
	if err != nil {
		return "", explain("make the queue the target of the event rule", err)
	}
	for _, entry := range out.FailedEntries {
		return "", fmt.Errorf("failed to make the queue the target of the event rule: %s (%s)",
			aws.ToString(entry.ErrorMessage), aws.ToString(entry.ErrorCode))
	}
	return r.w.ruleARN(), nil
}

// put makes the rule or changes its content. Tags are taken at creation alone
// (API_PutRule), in the same call.
func (r *eventRule) put(ctx context.Context) error {
	in := &eventbridge.PutRuleInput{
		Name: aws.String(r.name()), EventPattern: aws.String(r.w.taskPattern()), State: types.RuleStateEnabled,
		Description: aws.String("ECS task changes of the Prefect work pool " +
			spec.PoolSlug(r.w.spec.Pool, r.w.spec.Region) + ". Made by ecsctl"),
	}
	switch {
	case r.found == nil:
		in.Tags = eventTags(r.w.wantedTags())
	case len(r.contentFields()) == 0:
		return nil
	}
	if _, err := r.w.aws.Events.PutRule(ctx, in); err != nil {
		return explain("put the event rule", err)
	}
	if r.found == nil {
		r.found = &foundRule{tags: r.w.wantedTags()}
	}
	return nil
}

func (r *eventRule) remove() Change {
	c := Change{Kind: KindRule, Name: r.name(), Action: Delete}
	switch {
	case r.found == nil:
		c.Action = None
		return c
	case !r.owned():
		c.Action, c.Reason = Leave, notOurs
	}
	c.ID = r.w.ruleARN()
	return c
}

// delete takes the targets away first: EventBridge refuses to delete a rule that has some.
func (r *eventRule) delete(ctx context.Context) error {
	name := aws.String(r.name())
	var ids []string
	for _, target := range r.found.targets {
		ids = append(ids, aws.ToString(target.Id))
	}
	if len(ids) > 0 {
		out, err := r.w.aws.Events.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: name, Ids: ids})
		if unlessGone(err) != nil {
			return explain("remove the targets of the event rule", err)
		}
		if err == nil && out.FailedEntryCount > 0 {
			return fmt.Errorf("failed to remove the targets of the event rule: %s",
				aws.ToString(out.FailedEntries[0].ErrorMessage))
		}
	}
	_, err := r.w.aws.Events.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: name})
	return explain("delete the event rule", unlessGone(err))
}

// ruleHasTargets reports whether EventBridge keeps a rule for its targets, for which it has no code of its own.
func ruleHasTargets(err error) bool {
	api, _ := awserr.Answer(err)
	return awserr.HasCode(err, "ValidationException") && strings.Contains(api.ErrorMessage(), "has targets")
}

func eventTags(tags map[string]string) []types.Tag {
	return tagList(tags, func(key, value *string) types.Tag { return types.Tag{Key: key, Value: value} })
}
