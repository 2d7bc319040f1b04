package sqs

import (
	"context"
	"maps"
	"strings"

	api "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/schemas"

	"ecsctl/sandbox/internal/wire"
)

const maxTags = 50

func (s *Service) handleTags() {
	wire.HandleJSON(s.JSON, "ListQueueTags", schemas.ListQueueTagsRequest, schemas.ListQueueTagsResult,
		"QueueUrl!", s.listTags)
	wire.HandleJSON(s.JSON, "TagQueue", schemas.TagQueueRequest, wire.NoMembers, "QueueUrl! Tags!", s.tagQueue)
	wire.HandleJSON(s.JSON, "UntagQueue", schemas.UntagQueueRequest, wire.NoMembers, "QueueUrl! TagKeys!", s.untagQueue)
}

func (s *Service) listTags(_ context.Context, in *api.ListQueueTagsInput) (*api.ListQueueTagsOutput, error) {
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return &api.ListQueueTagsOutput{Tags: q.tags}, nil
}

func (s *Service) tagQueue(_ context.Context, in *api.TagQueueInput) (*wire.None, error) {
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := checkTags(q.tags, in.Tags); err != nil {
		return nil, err
	}
	maps.Copy(q.tags, in.Tags)
	return &wire.None{}, nil
}

func (s *Service) untagQueue(_ context.Context, in *api.UntagQueueInput) (*wire.None, error) {
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		delete(q.tags, key)
	}
	return &wire.None{}, nil
}

func checkTags(old, set map[string]string) error {
	total := len(old)
	for k, v := range set {
		if _, ok := old[k]; !ok {
			total++
		}
		if k == "" || len(k) > 128 || len(v) > 256 || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return invalidValue("Tag keys must be between 1 and 128 characters in length, values at most 256, and " +
				"may not begin with aws:.")
		}
	}
	if total > maxTags {
		return invalidValue("Too many tags added for the queue; the limit is %d.", maxTags)
	}
	return nil
}
