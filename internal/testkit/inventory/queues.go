package inventory

import (
	"context"
	"encoding/json"
	"fmt"
	"path"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

type queue struct {
	Attributes      map[string]string
	Policy, Redrive any // documents, or nil
	Tags            map[string]string
}

// queueAttributes are those that say how a queue is set up; others count messages and
// tell times.
var queueAttributes = []sqstypes.QueueAttributeName{
	sqstypes.QueueAttributeNameMessageRetentionPeriod, sqstypes.QueueAttributeNameVisibilityTimeout,
	sqstypes.QueueAttributeNameDelaySeconds, sqstypes.QueueAttributeNamePolicy,
	sqstypes.QueueAttributeNameRedrivePolicy,
}

func (s *Source) readQueues(ctx context.Context, snap *Snapshot) error {
	pages := sqs.NewListQueuesPaginator(s.SQS, &sqs.ListQueuesInput{MaxResults: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("failed to list queues: %w", err)
		}
		for _, url := range page.QueueUrls {
			if err := s.readQueue(ctx, snap, url); err != nil {
				return fmt.Errorf("failed to read queue %q: %w", url, err)
			}
		}
	}
	return nil
}

func (s *Source) readQueue(ctx context.Context, snap *Snapshot, url string) error {
	got, err := s.SQS.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: queueAttributes,
	})
	if err != nil {
		return err
	}
	tags, err := s.SQS.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: &url})
	if err != nil {
		return err
	}
	q := queue{Attributes: got.Attributes, Tags: tags.Tags}
	for name, document := range map[string]*any{"Policy": &q.Policy, "RedrivePolicy": &q.Redrive} {
		text, given := q.Attributes[name]
		delete(q.Attributes, name)
		if !given {
			continue
		}
		if err := json.Unmarshal([]byte(text), document); err != nil {
			return fmt.Errorf("its %s is no JSON: %w", name, err)
		}
	}
	return snap.add(Queue, path.Base(url), q)
}

type rule struct {
	Description string
	State       types.RuleState
	Pattern     any
	Targets     []types.Target
	Tags        []types.Tag
}

func (s *Source) readRules(ctx context.Context, snap *Snapshot) error {
	in := &eventbridge.ListRulesInput{}
	for {
		page, err := s.Events.ListRules(ctx, in)
		if err != nil {
			return fmt.Errorf("failed to list event rules: %w", err)
		}
		for _, found := range page.Rules {
			if err := s.readRule(ctx, snap, found); err != nil {
				return fmt.Errorf("failed to read event rule %q: %w", aws.ToString(found.Name), err)
			}
		}
		if page.NextToken == nil {
			return nil
		}
		in.NextToken = page.NextToken
	}
}

func (s *Source) readRule(ctx context.Context, snap *Snapshot, found types.Rule) error {
	r := rule{Description: aws.ToString(found.Description), State: found.State}
	if err := json.Unmarshal([]byte(aws.ToString(found.EventPattern)), &r.Pattern); err != nil {
		return fmt.Errorf("its pattern is no JSON: %w", err)
	}
	targets, err := s.Events.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: found.Name})
	if err != nil {
		return err
	}
	tags, err := s.Events.ListTagsForResource(ctx, &eventbridge.ListTagsForResourceInput{ResourceARN: found.Arn})
	if err != nil {
		return err
	}
	r.Targets, r.Tags = targets.Targets, tags.Tags
	return snap.add(Rule, aws.ToString(found.Name), r)
}
