package inventory

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

type taskDefinition struct {
	*types.TaskDefinition
	Tags []types.Tag
}

// readTaskDefinitions files the ACTIVE revisions. AWS keeps the others for good,
// so they say nothing about what a run left behind.
func (s *Source) readTaskDefinitions(ctx context.Context, snap *Snapshot) error {
	pages := ecs.NewListTaskDefinitionsPaginator(s.ECS,
		&ecs.ListTaskDefinitionsInput{Status: types.TaskDefinitionStatusActive})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("failed to list task definitions: %w", err)
		}
		for _, arn := range page.TaskDefinitionArns {
			out, err := s.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
				TaskDefinition: &arn, Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
			})
			if err != nil {
				return fmt.Errorf("failed to describe task definition %q: %w", arn, err)
			}
			td := out.TaskDefinition
			name := fmt.Sprintf("%s:%d", aws.ToString(td.Family), td.Revision)
			if err := snap.add(TaskDefinition, name, taskDefinition{td, out.Tags}, "RegisteredAt",
				"RegisteredBy"); err != nil {
				return err
			}
		}
	}
	return nil
}
