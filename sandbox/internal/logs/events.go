package logs

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"ecsctl/sandbox/internal/wire"
)

const (
	maxEvents     = 10000
	maxUpload     = 1 << 20 // bytes of one PutLogEvents
	eventOverhead = 26      // bytes that each event counts for beside its message
)

func (s *Service) handleEvents() {
	wire.HandleJSON(s.JSON, "PutLogEvents", schemas.PutLogEventsRequest, schemas.PutLogEventsResponse,
		"logGroupName! logStreamName! logEvents! sequenceToken", s.putEvents)
	wire.HandleJSON(s.JSON, "GetLogEvents", schemas.GetLogEventsRequest, schemas.GetLogEventsResponse,
		"logGroupName logGroupIdentifier logStreamName! startTime endTime nextToken limit startFromHead", s.getEvents)
	wire.HandleJSON(s.JSON, "FilterLogEvents", schemas.FilterLogEventsRequest, schemas.FilterLogEventsResponse,
		"logGroupName logGroupIdentifier logStreamNames logStreamNamePrefix startTime endTime filterPattern "+
			"nextToken limit interleaved", s.filterEvents)
}

func (s *Service) putEvents(_ context.Context, in *api.PutLogEventsInput) (*api.PutLogEventsOutput, error) {
	g, err := s.find(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	st, err := g.find(in.LogStreamName)
	if err != nil {
		return nil, err
	}
	size := 0
	for i, e := range in.LogEvents {
		size += len(*e.Message) + eventOverhead
		if i > 0 && *e.Timestamp < *in.LogEvents[i-1].Timestamp {
			return nil, wire.Errorf("InvalidParameterException",
				"Log events in a single PutLogEvents request must be in chronological order.")
		}
	}
	if size > maxUpload {
		return nil, wire.Errorf("InvalidParameterException", "Upload too large: %d bytes exceeds limit of %d",
			size, maxUpload)
	}
	now := time.Now().UnixMilli()
	for _, e := range in.LogEvents {
		st.add(event{*e.Timestamp, now, *e.Message})
	}
	return &api.PutLogEventsOutput{NextSequenceToken: aws.String(strconv.FormatInt(now, 10))}, nil
}

// getEvents pages with tokens "f/N" and "b/N": N events lie before the page's end or
// start. At the end of a stream the same token comes back, as CloudWatch does.
func (s *Service) getEvents(_ context.Context, in *api.GetLogEventsInput) (*api.GetLogEventsOutput, error) {
	g, err := s.named(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	st, err := g.find(in.LogStreamName)
	if err != nil {
		return nil, err
	}
	events := between(st.events, in.StartTime, in.EndTime)
	start, end, err := window(len(events), in.NextToken, limitOr(in.Limit, maxEvents), aws.ToBool(in.StartFromHead))
	if err != nil {
		return nil, err
	}
	out := &api.GetLogEventsOutput{
		Events:            []types.OutputLogEvent{},
		NextForwardToken:  aws.String(fmt.Sprintf("f/%d", end)),
		NextBackwardToken: aws.String(fmt.Sprintf("b/%d", start)),
	}
	for _, e := range events[start:end] {
		out.Events = append(out.Events, types.OutputLogEvent{
			Message: &e.message, Timestamp: &e.time, IngestionTime: &e.ingested,
		})
	}
	return out, nil
}

func window(total int, token *string, limit int, fromHead bool) (start, end int, err error) {
	switch {
	case token == nil && fromHead:
		return 0, min(limit, total), nil
	case token == nil:
		return max(0, total-limit), total, nil
	}
	kind, text, _ := strings.Cut(*token, "/")
	n, convErr := strconv.Atoi(text)
	if convErr != nil || n < 0 || kind != "f" && kind != "b" {
		return 0, 0, badToken
	}
	n = min(n, total)
	if kind == "f" {
		return n, min(n+limit, total), nil
	}
	return max(0, n-limit), n, nil
}

func (s *Service) filterEvents(_ context.Context, in *api.FilterLogEventsInput) (*api.FilterLogEventsOutput, error) {
	g, err := s.named(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	pattern := aws.ToString(in.FilterPattern)
	if strings.ContainsAny(pattern, `{}[]|?%-"`) {
		return nil, wire.NotImplemented("filter patterns other than plain words, here " + pattern)
	}
	streams := sortedValues(g.streams, func(name string) bool {
		return strings.HasPrefix(name, aws.ToString(in.LogStreamNamePrefix)) &&
			(in.LogStreamNames == nil || slices.Contains(in.LogStreamNames, name))
	})
	var found []types.FilteredLogEvent
	for _, st := range streams {
		for i, e := range between(st.events, in.StartTime, in.EndTime) {
			if hasWords(e.message, pattern) {
				found = append(found, filtered(st, e, i))
			}
		}
	}
	slices.SortStableFunc(found, func(a, b types.FilteredLogEvent) int { return int(*a.Timestamp - *b.Timestamp) })
	page, next, err := wire.Page(found, in.NextToken, limitOr(in.Limit, maxEvents), badToken)
	return &api.FilterLogEventsOutput{
		Events: page, NextToken: next, SearchedLogStreams: []types.SearchedLogStream{},
	}, err
}

func filtered(st *stream, e event, i int) types.FilteredLogEvent {
	return types.FilteredLogEvent{
		EventId: aws.String(fmt.Sprintf("%s-%d", st.name, i)), LogStreamName: &st.name,
		Message: &e.message, Timestamp: &e.time, IngestionTime: &e.ingested,
	}
}

func hasWords(message, pattern string) bool {
	for word := range strings.FieldsSeq(pattern) {
		if !strings.Contains(message, word) {
			return false
		}
	}
	return true
}

// between keeps the events of [start, end).
func between(events []event, start, end *int64) []event {
	var out []event
	for _, e := range events {
		if (start == nil || e.time >= *start) && (end == nil || e.time < *end) {
			out = append(out, e)
		}
	}
	return out
}
