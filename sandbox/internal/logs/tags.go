package logs

import (
	"context"
	"maps"
	"strings"

	api "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/schemas"

	"ecsctl/sandbox/internal/wire"
)

const maxTags = 50

func (s *Service) handleTags() {
	wire.HandleJSON(s.JSON, "ListTagsForResource", schemas.ListTagsForResourceRequest,
		schemas.ListTagsForResourceResponse, "resourceArn!", s.listTags)
	wire.HandleJSON(s.JSON, "TagResource", schemas.TagResourceRequest, wire.NoMembers, "resourceArn! tags!",
		s.tagResource)
	wire.HandleJSON(s.JSON, "UntagResource", schemas.UntagResourceRequest, wire.NoMembers, "resourceArn! tagKeys!",
		s.untagResource)
}

func (s *Service) byARN(arn *string) (*group, error) {
	for _, g := range s.groups {
		if g.arn == *arn {
			return g, nil
		}
	}
	if strings.HasSuffix(*arn, ":*") {
		return nil, wire.Errorf("InvalidParameterException", "Invalid resourceArn: %s", *arn)
	}
	return nil, wire.Errorf("ResourceNotFoundException", "The specified resource does not exist.")
}

func (s *Service) listTags(_ context.Context,
	in *api.ListTagsForResourceInput) (*api.ListTagsForResourceOutput, error) {
	g, err := s.byARN(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &api.ListTagsForResourceOutput{Tags: g.tags}, nil
}

func (s *Service) tagResource(_ context.Context, in *api.TagResourceInput) (*wire.None, error) {
	g, err := s.byARN(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if err := checkTags(g.tags, in.Tags); err != nil {
		return nil, err
	}
	maps.Copy(g.tags, in.Tags)
	return &wire.None{}, nil
}

func (s *Service) untagResource(_ context.Context, in *api.UntagResourceInput) (*wire.None, error) {
	g, err := s.byARN(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		delete(g.tags, key)
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
			return wire.Errorf("InvalidParameterException", "Invalid tag key or value: %s", k)
		}
	}
	if total > maxTags {
		return wire.Errorf("TooManyTagsException", "The resource has too many tags; the limit is %d.", maxTags)
	}
	return nil
}
