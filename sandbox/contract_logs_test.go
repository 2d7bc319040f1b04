package sandbox_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/google/go-cmp/cmp"
)

func (c *clients) logGroup(t *testing.T, tags map[string]string) *string {
	t.Helper()
	name := unique("/contract/logs")
	must(c.logs.CreateLogGroup(t.Context(), &logs.CreateLogGroupInput{LogGroupName: name, Tags: tags}))(t)
	afterwards(t, func(ctx context.Context) {
		_, _ = c.logs.DeleteLogGroup(ctx, &logs.DeleteLogGroupInput{LogGroupName: name})
	})
	return name
}

func (c *clients) describeLogGroup(t *testing.T, name *string) types.LogGroup {
	t.Helper()
	got := must(c.logs.DescribeLogGroups(t.Context(), &logs.DescribeLogGroupsInput{LogGroupNamePrefix: name}))(
		t).LogGroups
	if len(got) != 1 {
		t.Fatalf("got %d groups called %s", len(got), *name)
	}
	return got[0]
}

func TestLogGroup(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := c.logGroup(t, nil)
	got := c.describeLogGroup(t, name)
	if !strings.HasSuffix(*got.Arn, ":log-group:"+*name+":*") || got.RetentionInDays != nil {
		t.Errorf("got ARN %s, retention %v", *got.Arn, got.RetentionInDays)
	}
	_, err := c.logs.CreateLogGroup(t.Context(), &logs.CreateLogGroupInput{LogGroupName: name})
	wantCode(t, err, "ResourceAlreadyExistsException")
	must(c.logs.DeleteLogGroup(t.Context(), &logs.DeleteLogGroupInput{LogGroupName: name}))(t)
	_, err = c.logs.DeleteLogGroup(t.Context(), &logs.DeleteLogGroupInput{LogGroupName: name})
	wantCode(t, err, "ResourceNotFoundException")
}

func TestLogGroupHasAnARNOfItsOwn(t *testing.T) {
	t.Parallel()
	c := contract(t)
	got := c.describeLogGroup(t, c.logGroup(t, nil))
	if got.LogGroupArn == nil || *got.LogGroupArn+":*" != *got.Arn {
		t.Errorf("got group ARN %v beside %s", aws.ToString(got.LogGroupArn), *got.Arn)
	}
}

func TestRetention(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := c.logGroup(t, nil)
	must(c.logs.PutRetentionPolicy(t.Context(), &logs.PutRetentionPolicyInput{
		LogGroupName: name, RetentionInDays: aws.Int32(14),
	}))(t)
	if got := c.describeLogGroup(t, name).RetentionInDays; aws.ToInt32(got) != 14 {
		t.Errorf("got retention %d", aws.ToInt32(got))
	}
	must(c.logs.DeleteRetentionPolicy(t.Context(), &logs.DeleteRetentionPolicyInput{LogGroupName: name}))(t)
	if got := c.describeLogGroup(t, name).RetentionInDays; got != nil {
		t.Errorf("got retention %d, want none", *got)
	}
	_, err := c.logs.PutRetentionPolicy(t.Context(), &logs.PutRetentionPolicyInput{
		LogGroupName: aws.String("/not-there"), RetentionInDays: aws.Int32(14),
	})
	wantCode(t, err, "ResourceNotFoundException")
}

func TestRetentionTakesOnlySomeDays(t *testing.T) {
	t.Parallel()
	c := contract(t)
	_, err := c.logs.PutRetentionPolicy(t.Context(), &logs.PutRetentionPolicyInput{
		LogGroupName: c.logGroup(t, nil), RetentionInDays: aws.Int32(15),
	})
	wantCode(t, err, "InvalidParameterException")
}

func TestLogGroupTags(t *testing.T) {
	t.Parallel()
	c := contract(t)
	got := c.describeLogGroup(t, c.logGroup(t, map[string]string{"a": "1", "b": "2"}))
	arn := aws.String(strings.TrimSuffix(*got.Arn, ":*"))
	must(c.logs.TagResource(t.Context(), &logs.TagResourceInput{
		ResourceArn: arn, Tags: map[string]string{"a": "3"},
	}))(t)
	must(c.logs.UntagResource(t.Context(), &logs.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"b"}}))(t)
	tags := must(c.logs.ListTagsForResource(t.Context(), &logs.ListTagsForResourceInput{ResourceArn: arn}))(t).Tags
	if diff := cmp.Diff(map[string]string{"a": "3"}, tags); diff != "" {
		t.Error(diff)
	}
}

func TestLogEvents(t *testing.T) {
	t.Parallel()
	c := contract(t)
	group, stream := c.logGroup(t, nil), aws.String("p/c/1")
	must(c.logs.CreateLogStream(t.Context(), &logs.CreateLogStreamInput{LogGroupName: group, LogStreamName: stream}))(t)
	_, err := c.logs.CreateLogStream(t.Context(), &logs.CreateLogStreamInput{
		LogGroupName: group, LogStreamName: stream,
	})
	wantCode(t, err, "ResourceAlreadyExistsException")
	now := time.Now().UnixMilli()
	must(c.logs.PutLogEvents(t.Context(), &logs.PutLogEventsInput{LogGroupName: group, LogStreamName: stream,
		LogEvents: []types.InputLogEvent{
			{Message: aws.String("one"), Timestamp: aws.Int64(now - 2)}, {Message: aws.String("two"),
				Timestamp: aws.Int64(now - 1)}, {Message: aws.String("three"), Timestamp: &now},
		}}))(t)
	read := func(token *string, limit int32) *logs.GetLogEventsOutput {
		return must(c.logs.GetLogEvents(t.Context(), &logs.GetLogEventsInput{
			LogGroupName: group, LogStreamName: stream, StartFromHead: aws.Bool(true), NextToken: token,
			Limit: &limit}))(t)
	}
	first := read(nil, 2)
	second := read(first.NextForwardToken, 2)
	end := read(second.NextForwardToken, 2)
	got := append(messages(first), messages(second)...)
	if diff := cmp.Diff([]string{"one", "two", "three"}, got); diff != "" {
		t.Error(diff)
	}
	if len(end.Events) != 0 || *end.NextForwardToken != *second.NextForwardToken {
		t.Errorf("got token %s at the end, want %s again", *end.NextForwardToken, *second.NextForwardToken)
	}
	found := must(c.logs.FilterLogEvents(t.Context(), &logs.FilterLogEventsInput{
		LogGroupName: group, FilterPattern: aws.String("two"),
	}))(t).Events
	if len(found) != 1 || *found[0].Message != "two" || *found[0].LogStreamName != *stream {
		t.Errorf("filter found %+v", found)
	}
	streams := must(c.logs.DescribeLogStreams(t.Context(), &logs.DescribeLogStreamsInput{
		LogGroupName: group, LogStreamNamePrefix: aws.String("p/"),
	}))(t).LogStreams
	if len(streams) != 1 || *streams[0].LogStreamName != *stream {
		t.Errorf("got streams %+v", streams)
	}
	_, err = c.logs.GetLogEvents(t.Context(), &logs.GetLogEventsInput{
		LogGroupName: group, LogStreamName: aws.String("no"),
	})
	wantCode(t, err, "ResourceNotFoundException")
}

func messages(out *logs.GetLogEventsOutput) []string {
	var list []string
	for _, e := range out.Events {
		list = append(list, *e.Message)
	}
	return list
}

func TestDescribeLogGroupsPages(t *testing.T) {
	t.Parallel()
	c := contract(t)
	prefix := *unique("/pages")
	for _, end := range []string{"/a", "/b", "/c"} {
		must(c.logs.CreateLogGroup(t.Context(), &logs.CreateLogGroupInput{LogGroupName: aws.String(prefix + end)}))(t)
		afterwards(t, func(ctx context.Context) {
			_, _ = c.logs.DeleteLogGroup(ctx, &logs.DeleteLogGroupInput{LogGroupName: aws.String(prefix + end)})
		})
	}
	var got []string
	pages := logs.NewDescribeLogGroupsPaginator(c.logs, &logs.DescribeLogGroupsInput{
		LogGroupNamePrefix: &prefix, Limit: aws.Int32(2),
	})
	for pages.HasMorePages() {
		for _, g := range must(pages.NextPage(t.Context()))(t).LogGroups {
			got = append(got, strings.TrimPrefix(*g.LogGroupName, prefix))
		}
	}
	if diff := cmp.Diff([]string{"/a", "/b", "/c"}, got); diff != "" {
		t.Error(diff)
	}
}
