package provision_test

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

var (
	rule    = aws.String("prefect-etl")
	ruleARN = aws.String("arn:aws:events:eu-west-1:123456789012:rule/prefect-etl")
)

// openQueue lets everybody send.
const openQueue = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}]}`

func (a *account) queueURL(ctx context.Context, name string) (*string, error) {
	out, err := a.source.SQS.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		return nil, err
	}
	return out.QueueUrl, nil
}

func deleteQueue(name string) func(context.Context, *account) error {
	return func(ctx context.Context, a *account) error {
		url, err := a.queueURL(ctx, name)
		if err != nil {
			return err
		}
		_, err = a.source.SQS.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: url})
		return err
	}
}

func setQueue(attribute, value string) func(context.Context, *account) error {
	return func(ctx context.Context, a *account) error {
		url, err := a.queueURL(ctx, "prefect-etl")
		if err != nil {
			return err
		}
		_, err = a.source.SQS.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{
			QueueUrl: url, Attributes: map[string]string{attribute: value},
		})
		return err
	}
}

func (a *account) untagQueue(ctx context.Context, name, key string) error {
	url, err := a.queueURL(ctx, name)
	if err != nil {
		return err
	}
	_, err = a.source.SQS.UntagQueue(ctx, &sqs.UntagQueueInput{QueueUrl: url, TagKeys: []string{key}})
	return err
}

func removeTarget(ctx context.Context, a *account) error {
	_, err := a.source.Events.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: rule, Ids: []string{"queue"}})
	return err
}

func deleteRule(ctx context.Context, a *account) error {
	if err := removeTarget(ctx, a); err != nil {
		return err
	}
	_, err := a.source.Events.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: rule})
	return err
}

func disableRule(ctx context.Context, a *account) error {
	_, err := a.source.Events.DisableRule(ctx, &eventbridge.DisableRuleInput{Name: rule})
	return err
}

func widenRule(ctx context.Context, a *account) error {
	old, err := a.source.Events.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: rule})
	if err != nil {
		return err
	}
	_, err = a.source.Events.PutRule(ctx, &eventbridge.PutRuleInput{
		Name: rule, Description: old.Description, EventPattern: aws.String(`{"source":["aws.ecs"]}`),
	})
	return err
}
