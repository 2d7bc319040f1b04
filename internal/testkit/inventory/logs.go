package inventory

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

type logGroup struct {
	RetentionDays int32
	KMSKey        string
	Tags          map[string]string
}

func (s *Source) readLogGroups(ctx context.Context, snap *Snapshot) error {
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(s.Logs, &cloudwatchlogs.DescribeLogGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("failed to list log groups: %w", err)
		}
		for _, found := range page.LogGroups {
			name := aws.ToString(found.LogGroupName)
			// The tagging calls take the ARN without the ":*" that the list shows.
			arn := strings.TrimSuffix(aws.ToString(found.Arn), ":*")
			tags, err := s.Logs.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: &arn})
			if err != nil {
				return fmt.Errorf("failed to read the tags of log group %q: %w", name, err)
			}
			group := logGroup{aws.ToInt32(found.RetentionInDays), aws.ToString(found.KmsKeyId), tags.Tags}
			if err := snap.add(LogGroup, name, group); err != nil {
				return err
			}
		}
	}
	return nil
}
