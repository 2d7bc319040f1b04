package iam

import (
	"context"
	"slices"
	"strings"

	"ecsctl/sandbox/internal/wire"
)

const maxTags = 50

type tag struct {
	Key   string `query:"Key,required"`
	Value string `query:"Value,required"`
}

func (s *Service) handleTags() {
	wire.HandleQuery(s.Query, "TagRole", s.tagRole)
	wire.HandleQuery(s.Query, "UntagRole", s.untagRole)
	wire.HandleQuery(s.Query, "ListRoleTags", s.listRoleTags)
}

type tagRoleInput struct {
	RoleName string `query:"RoleName,required"`
	Tags     []tag  `query:"Tags,required"`
}

func (s *Service) tagRole(_ context.Context, in *tagRoleInput) (*struct{}, error) {
	r, err := s.find(in.RoleName)
	if err != nil {
		return nil, err
	}
	tags, err := mergeTags(r.tags, in.Tags)
	if err != nil {
		return nil, err
	}
	r.tags = tags
	return nil, nil
}

type untagRoleInput struct {
	RoleName string   `query:"RoleName,required"`
	TagKeys  []string `query:"TagKeys,required"`
}

func (s *Service) untagRole(_ context.Context, in *untagRoleInput) (*struct{}, error) {
	r, err := s.find(in.RoleName)
	if err != nil {
		return nil, err
	}
	r.tags = slices.DeleteFunc(r.tags, func(t tag) bool { return slices.Contains(in.TagKeys, t.Key) })
	return nil, nil
}

type listRoleTagsInput struct {
	RoleName string `query:"RoleName,required"`
	page
}

type listRoleTagsAnswer struct {
	pageAnswer
	Tags wire.Members[tag]
}

func (s *Service) listRoleTags(_ context.Context, in *listRoleTagsInput) (*listRoleTagsAnswer, error) {
	r, err := s.find(in.RoleName)
	if err != nil {
		return nil, err
	}
	tags, next, err := paginate(r.tags, in.page)
	return &listRoleTagsAnswer{next, wire.Members[tag]{Member: tags}}, err
}

// mergeTags sets tags on top of others. Keys are compared without case, as IAM does.
func mergeTags(old, set []tag) ([]tag, error) {
	out := slices.Clone(old)
	seen := map[string]bool{}
	for _, t := range set {
		key := strings.ToLower(t.Key)
		if seen[key] {
			return nil, wire.Errorf("InvalidInput",
				"Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		seen[key] = true
		if err := checkTag(t); err != nil {
			return nil, err
		}
		i := slices.IndexFunc(out, func(o tag) bool { return strings.EqualFold(o.Key, t.Key) })
		if i < 0 {
			out = append(out, t)
			continue
		}
		out[i] = t
	}
	if len(out) > maxTags {
		return nil, conflict("LimitExceeded", "The number of tags has reached the maximum limit.")
	}
	return out, nil
}

func checkTag(t tag) error {
	switch {
	case t.Key == "" || len(t.Key) > 128:
		return wire.Errorf("ValidationError", "1 validation error detected: Value '%s' at 'tags.member.key' failed "+
			"to satisfy constraint: Member must have length between 1 and 128", t.Key)
	case len(t.Value) > 256:
		return wire.Errorf("ValidationError", "1 validation error detected: Value at 'tags.member.value' failed to "+
			"satisfy constraint: Member must have length less than or equal to 256")
	case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
		return wire.Errorf("InvalidInput", "User-defined tag keys can't start with the reserved 'aws:' prefix")
	}
	return nil
}
