package events

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/schemas"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"ecsctl/sandbox/internal/wire"
)

const maxTags = 50

func (s *Service) handleTags() {
	wire.HandleJSON(s.JSON, "ListTagsForResource", schemas.ListTagsForResourceRequest,
		schemas.ListTagsForResourceResponse, "ResourceARN!", s.listTags)
	wire.HandleJSON(s.JSON, "TagResource", schemas.TagResourceRequest, wire.NoMembers, "ResourceARN! Tags!",
		s.tagResource)
	wire.HandleJSON(s.JSON, "UntagResource", schemas.UntagResourceRequest, wire.NoMembers, "ResourceARN! TagKeys!",
		s.untagResource)
}

func (s *Service) byARN(arn *string) (*rule, error) {
	name := strings.TrimPrefix(*arn, s.prefix)
	return s.find(nil, &name)
}

func (s *Service) listTags(_ context.Context,
	in *api.ListTagsForResourceInput) (*api.ListTagsForResourceOutput, error) {
	r, err := s.byARN(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	return &api.ListTagsForResourceOutput{Tags: append([]types.Tag{}, r.tags...)}, nil
}

func (s *Service) tagResource(_ context.Context, in *api.TagResourceInput) (*wire.None, error) {
	r, err := s.byARN(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	merged, err := mergeTags(r.tags, in.Tags)
	if err != nil {
		return nil, err
	}
	r.tags = merged
	return &wire.None{}, nil
}

func (s *Service) untagResource(_ context.Context, in *api.UntagResourceInput) (*wire.None, error) {
	r, err := s.byARN(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	r.tags = slices.DeleteFunc(slices.Clone(r.tags), func(t types.Tag) bool {
		return slices.Contains(in.TagKeys, *t.Key)
	})
	return &wire.None{}, nil
}

func mergeTags(old, set []types.Tag) ([]types.Tag, error) {
	out := slices.Clone(old)
	for _, t := range set {
		key := aws.ToString(t.Key)
		if key == "" || len(key) > 128 || len(aws.ToString(t.Value)) > 256 ||
			strings.HasPrefix(strings.ToLower(key), "aws:") {
			return nil, invalid("Invalid tag key or value: %s", key)
		}
		out = slices.DeleteFunc(out, func(have types.Tag) bool { return *have.Key == key })
		out = append(out, t)
	}
	if len(out) > maxTags {
		return nil, wire.Errorf("LimitExceededException", "The resource has more than %d tags.", maxTags)
	}
	return out, nil
}
