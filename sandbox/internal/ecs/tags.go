package ecs

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/schemas"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox/internal/wire"
)

const maxTags = 50

var tagSyntax = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

func (s *Service) handleTags() {
	wire.HandleJSON(s.JSON, "TagResource", schemas.TagResourceRequest, schemas.TagResourceResponse,
		"resourceArn! tags!", s.tagResource)
	wire.HandleJSON(s.JSON, "UntagResource", schemas.UntagResourceRequest, schemas.UntagResourceResponse,
		"resourceArn! tagKeys!", s.untagResource)
	wire.HandleJSON(s.JSON, "ListTagsForResource", schemas.ListTagsForResourceRequest,
		schemas.ListTagsForResourceResponse, "resourceArn!", s.listTags)
}

// tagsOf finds the tags of any resource by ARN.
func (s *Service) tagsOf(arn string) (*[]types.Tag, error) {
	kind, rest, _ := strings.Cut(strings.TrimPrefix(arn, s.arn("")), "/")
	if !strings.HasPrefix(arn, s.arn("")) {
		return nil, invalid("Invalid resource ARN: %s", arn)
	}
	switch kind {
	case "cluster":
		if c, ok := s.clusters[rest]; ok {
			return &c.tags, nil
		}
		return nil, clusterNotFound()
	case "capacity-provider":
		if p := s.providerThere(rest); p != nil {
			return &p.api.Tags, nil
		}
	case "task-definition":
		if td := s.findDefinition(rest); td != nil {
			return &td.tags, nil
		}
	case "service":
		cluster, name, _ := strings.Cut(rest, "/")
		if c, ok := s.clusters[cluster]; ok && c.services[name] != nil {
			return &c.services[name].tags, nil
		}
		return nil, serviceNotFound()
	case "task":
		cluster, _, _ := strings.Cut(rest, "/")
		if c, ok := s.clusters[cluster]; ok && c.tasks[arn] != nil {
			return &c.tasks[arn].api.Tags, nil
		}
	}
	return nil, invalid("The specified resource is not found. Specify a valid resource and try again.")
}

func (s *Service) tagResource(_ context.Context, in *api.TagResourceInput) (*api.TagResourceOutput, error) {
	tags, err := s.tagsOf(*in.ResourceArn)
	if err != nil {
		return nil, err
	}
	merged, err := mergeTags(*tags, in.Tags)
	if err != nil {
		return nil, err
	}
	*tags = merged
	return &api.TagResourceOutput{}, nil
}

func (s *Service) untagResource(_ context.Context, in *api.UntagResourceInput) (*api.UntagResourceOutput, error) {
	tags, err := s.tagsOf(*in.ResourceArn)
	if err != nil {
		return nil, err
	}
	*tags = slices.DeleteFunc(slices.Clone(*tags), func(t types.Tag) bool {
		return slices.Contains(in.TagKeys, *t.Key)
	})
	return &api.UntagResourceOutput{}, nil
}

func (s *Service) listTags(_ context.Context,
	in *api.ListTagsForResourceInput) (*api.ListTagsForResourceOutput, error) {
	tags, err := s.tagsOf(*in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &api.ListTagsForResourceOutput{Tags: orEmpty(*tags)}, nil
}

// mergeTags sets tags on top of others, checked as ECS checks them.
func mergeTags(old, set []types.Tag) ([]types.Tag, error) {
	out := slices.Clone(old)
	seen := map[string]bool{}
	for _, t := range set {
		if err := checkTag(t); err != nil {
			return nil, err
		}
		if seen[*t.Key] {
			return nil, invalid("Duplicate tag keys found: %s", *t.Key)
		}
		seen[*t.Key] = true
		i := slices.IndexFunc(out, func(o types.Tag) bool { return *o.Key == *t.Key })
		if i < 0 {
			out = append(out, t)
			continue
		}
		out[i] = t
	}
	if len(out) > maxTags {
		return nil, invalid("The maximum number of tags has been exceeded; the limit is %d.", maxTags)
	}
	return out, nil
}

func checkTag(t types.Tag) error {
	key, value := aws.ToString(t.Key), aws.ToString(t.Value)
	switch {
	case len(key) == 0 || len([]rune(key)) > 128:
		return invalid("Tag key must have a length between 1 and 128: %q", key)
	case len([]rune(value)) > 256:
		return invalid("Tag value must not be longer than 256 characters: the tag %q", key)
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		return invalid("aws: prefixed tag key names are not allowed for external use: %q", key)
	case !tagSyntax.MatchString(key) || !tagSyntax.MatchString(value):
		return invalid("Some tags contain invalid characters. Valid characters: UTF-8 letters, spaces, numbers and _ " +
			". / = + - : @.")
	}
	return nil
}

// withManagedTags adds the tags of ECS itself, which users may not set.
func withManagedTags(tags []types.Tag, cluster, service string) []types.Tag {
	out := append(slices.Clone(tags), types.Tag{Key: aws.String("aws:ecs:clusterName"), Value: &cluster})
	if service != "" {
		out = append(out, types.Tag{Key: aws.String("aws:ecs:serviceName"), Value: &service})
	}
	return out
}

// orEmpty makes a list that is written as [] rather than left out.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
