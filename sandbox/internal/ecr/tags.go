package ecr

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/schemas"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"ecsctl/sandbox/internal/wire"
)

const maxTags = 50

func (s *Service) handleTags() {
	wire.HandleJSON(s.JSON, "TagResource", schemas.TagResourceRequest, schemas.TagResourceResponse,
		"resourceArn! tags!", s.tagResource)
	wire.HandleJSON(s.JSON, "UntagResource", schemas.UntagResourceRequest, schemas.UntagResourceResponse,
		"resourceArn! tagKeys!", s.untagResource)
	wire.HandleJSON(s.JSON, "ListTagsForResource", schemas.ListTagsForResourceRequest,
		schemas.ListTagsForResourceResponse, "resourceArn!", s.listTags)
}

func (s *Service) tagged(arn *string) (*repository, error) {
	name, ok := strings.CutPrefix(*arn, s.arn(""))
	if !ok {
		return nil, invalid("resourceArn", "Invalid ARN")
	}
	return s.find(nil, &name)
}

func (s *Service) tagResource(_ context.Context, in *api.TagResourceInput) (*api.TagResourceOutput, error) {
	repo, err := s.tagged(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	merged, err := mergeTags(repo.tags, in.Tags)
	if err != nil {
		return nil, err
	}
	repo.tags = merged
	return &api.TagResourceOutput{}, nil
}

func (s *Service) untagResource(_ context.Context, in *api.UntagResourceInput) (*api.UntagResourceOutput, error) {
	repo, err := s.tagged(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	repo.tags = slices.DeleteFunc(repo.tags, func(t types.Tag) bool { return slices.Contains(in.TagKeys, *t.Key) })
	return &api.UntagResourceOutput{}, nil
}

func (s *Service) listTags(_ context.Context,
	in *api.ListTagsForResourceInput) (*api.ListTagsForResourceOutput, error) {
	repo, err := s.tagged(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &api.ListTagsForResourceOutput{Tags: append([]types.Tag{}, repo.tags...)}, nil
}

func mergeTags(old, set []types.Tag) ([]types.Tag, error) {
	out := slices.Clone(old)
	for _, t := range set {
		key := aws.ToString(t.Key)
		switch {
		case key == "" || len(key) > 128 || len(aws.ToString(t.Value)) > 256:
			return nil, wire.Errorf("InvalidTagParameterException",
				"Invalid parameter at 'tags' failed to satisfy constraint: 'Invalid tag: %q'", key)
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, wire.Errorf("InvalidTagParameterException",
				"Tag keys that start with aws: are reserved: %q", key)
		}
		if t.Value == nil {
			t.Value = aws.String("")
		}
		i := slices.IndexFunc(out, func(o types.Tag) bool { return *o.Key == key })
		if i < 0 {
			out = append(out, t)
			continue
		}
		out[i] = t
	}
	if len(out) > maxTags {
		return nil, wire.Errorf("TooManyTagsException", "The repository would have more than %d tags.", maxTags)
	}
	return out, nil
}
