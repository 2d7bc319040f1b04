package worker

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/awserr"
	"ecsctl/jobtemplate"
	"ecsctl/worker/awsaccess"
)

// recentRevisions is how many revisions of a family are looked through for equal
// content: jobs that share a family take turns in it.
const recentRevisions = 5

// findDefinition returns the ARN of an active task definition with equal content, or
// nothing.
func findDefinition(ctx context.Context, c *awsaccess.Clients, wanted *jobtemplate.Definition) (string, error) {
	latest, err := describeWithTags(ctx, c, *wanted.Input.Family)
	if awserr.HasCode(err, "ClientException") { // the family is new
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if equalContent(latest, wanted) {
		return *latest.TaskDefinition.TaskDefinitionArn, nil
	}
	if latest.TaskDefinition.Revision == 1 {
		return "", nil
	}
	return findOlder(ctx, c, wanted, *latest.TaskDefinition.TaskDefinitionArn)
}

func findOlder(ctx context.Context, c *awsaccess.Clients, wanted *jobtemplate.Definition, latest string) (string, error) {
	limit := int32(recentRevisions)
	list, err := c.ECS.ListTaskDefinitions(ctx, &ecs.ListTaskDefinitionsInput{
		FamilyPrefix: wanted.Input.Family, Status: types.TaskDefinitionStatusActive, Sort: types.SortOrderDesc, MaxResults: &limit,
	})
	if err != nil {
		return "", err
	}
	for _, arn := range list.TaskDefinitionArns {
		if arn == latest {
			continue
		}
		older, err := describeWithTags(ctx, c, arn)
		if err != nil {
			return "", err
		}
		if equalContent(older, wanted) {
			return arn, nil
		}
	}
	return "", nil
}

func describeWithTags(ctx context.Context, c *awsaccess.Clients, name string) (*ecs.DescribeTaskDefinitionOutput, error) {
	return c.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: &name, Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
	})
}

// equalContent trusts our tag, or compares what AWS has made of the content.
func equalContent(described *ecs.DescribeTaskDefinitionOutput, wanted *jobtemplate.Definition) bool {
	if described.TaskDefinition.Status != types.TaskDefinitionStatusActive {
		return false
	}
	for _, tag := range described.Tags {
		if tag.Key != nil && *tag.Key == jobtemplate.HashTag && tag.Value != nil {
			return *tag.Value == wanted.Hash
		}
	}
	hash, err := jobtemplate.HashDescribed(described.TaskDefinition, described.Tags)
	return err == nil && hash == wanted.Hash
}
