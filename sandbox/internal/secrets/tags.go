package secrets

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/schemas"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"ecsctl/sandbox/internal/wire"
)

const maxTags = 50

func (s *Service) handleTags() {
	wire.HandleJSON(s.JSON, "TagResource", schemas.TagResourceRequest, wire.NoMembers, "SecretId! Tags!", s.tagResource)
	wire.HandleJSON(s.JSON, "UntagResource", schemas.UntagResourceRequest, wire.NoMembers, "SecretId! TagKeys!",
		s.untagResource)
}

func (s *Service) tagResource(_ context.Context, in *api.TagResourceInput) (*wire.None, error) {
	sec, err := s.usable(in.SecretId)
	if err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	merged := mergeTags(sec.tags, in.Tags)
	if len(merged) > maxTags {
		return nil, wire.Errorf("InvalidParameterException", "The secret would have more than %d tags.", maxTags)
	}
	sec.tags = merged
	return &wire.None{}, nil
}

func (s *Service) untagResource(_ context.Context, in *api.UntagResourceInput) (*wire.None, error) {
	sec, err := s.usable(in.SecretId)
	if err != nil {
		return nil, err
	}
	sec.tags = slices.DeleteFunc(sec.tags, func(t types.Tag) bool { return slices.Contains(in.TagKeys, *t.Key) })
	return &wire.None{}, nil
}

func checkTags(tags []types.Tag) error {
	if len(tags) > maxTags {
		return wire.Errorf("InvalidParameterException", "The secret would have more than %d tags.", maxTags)
	}
	for _, t := range tags {
		key := aws.ToString(t.Key)
		switch {
		case key == "" || len(key) > 128 || len(aws.ToString(t.Value)) > 256:
			return wire.Errorf("InvalidParameterException", "Invalid tag: %q", key)
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return wire.Errorf("InvalidParameterException", "Tag keys that start with aws: are reserved: %q", key)
		}
	}
	return nil
}

func mergeTags(old, set []types.Tag) []types.Tag {
	out := slices.Clone(old)
	for _, t := range set {
		i := slices.IndexFunc(out, func(o types.Tag) bool { return *o.Key == *t.Key })
		if i < 0 {
			out = append(out, t)
			continue
		}
		out[i] = t
	}
	return out
}
