package logs

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"ecsctl/sandbox/internal/wire"
)

func (s *Service) handleStreams() {
	wire.HandleJSON(s.JSON, "CreateLogStream", schemas.CreateLogStreamRequest, wire.NoMembers,
		"logGroupName! logStreamName!", s.createStream)
	wire.HandleJSON(s.JSON, "DescribeLogStreams", schemas.DescribeLogStreamsRequest, schemas.DescribeLogStreamsResponse,
		"logGroupName logGroupIdentifier logStreamNamePrefix orderBy descending nextToken limit", s.describeStreams)
	wire.HandleJSON(s.JSON, "DeleteLogStream", schemas.DeleteLogStreamRequest, wire.NoMembers,
		"logGroupName! logStreamName!", s.deleteStream)
}

func (g *group) find(name *string) (*stream, error) {
	if st, ok := g.streams[*name]; ok {
		return st, nil
	}
	return nil, wire.Errorf("ResourceNotFoundException", "The specified log stream does not exist.")
}

func (s *Service) createStream(_ context.Context, in *api.CreateLogStreamInput) (*wire.None, error) {
	g, err := s.find(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	if g.streams[*in.LogStreamName] != nil {
		return nil, wire.Errorf("ResourceAlreadyExistsException", "The specified log stream already exists")
	}
	g.addStream(*in.LogStreamName)
	return &wire.None{}, nil
}

func (s *Service) deleteStream(_ context.Context, in *api.DeleteLogStreamInput) (*wire.None, error) {
	g, err := s.find(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	st, err := g.find(in.LogStreamName)
	if err != nil {
		return nil, err
	}
	delete(g.streams, st.name)
	return &wire.None{}, nil
}

func (s *Service) describeStreams(_ context.Context,
	in *api.DescribeLogStreamsInput) (*api.DescribeLogStreamsOutput, error) {
	g, err := s.named(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	byTime := in.OrderBy == types.OrderByLastEventTime
	if byTime && in.LogStreamNamePrefix != nil {
		return nil, wire.Errorf("InvalidParameterException",
			"Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	found := sortedValues(g.streams, func(name string) bool {
		return strings.HasPrefix(name, aws.ToString(in.LogStreamNamePrefix))
	})
	if byTime {
		slices.SortStableFunc(found, func(a, b *stream) int { return cmp.Compare(a.last(), b.last()) })
	}
	if aws.ToBool(in.Descending) {
		slices.Reverse(found)
	}
	page, next, err := wire.Page(found, in.NextToken, limitOr(in.Limit, 50), badToken)
	if err != nil {
		return nil, err
	}
	out := &api.DescribeLogStreamsOutput{LogStreams: []types.LogStream{}, NextToken: next}
	for _, st := range page {
		out.LogStreams = append(out.LogStreams, st.describe())
	}
	return out, nil
}

func (st *stream) last() int64 {
	if len(st.events) == 0 {
		return 0
	}
	return st.events[len(st.events)-1].time
}

func (st *stream) bytes() int64 {
	var n int64
	for _, e := range st.events {
		n += int64(len(e.message)) + 26 // as CloudWatch bills an event
	}
	return n
}

func (st *stream) describe() types.LogStream {
	out := types.LogStream{LogStreamName: &st.name, Arn: &st.arn, CreationTime: &st.created}
	if len(st.events) > 0 {
		out.FirstEventTimestamp = &st.events[0].time
		out.LastEventTimestamp = aws.Int64(st.last())
		out.LastIngestionTime = &st.ingested
	}
	return out
}

func limitOr(limit *int32, def int) int {
	if limit == nil {
		return def
	}
	return int(*limit)
}
