package ec2

import (
	"context"
	"slices"
	"strings"

	"ecsctl/sandbox/internal/wire"
)

const maxTags = 50

type tag struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

// tagged is embedded in each resource.
type tagged struct {
	TagSet wire.Items[tag] `xml:"tagSet"`
}

func (t *tagged) tags() *[]tag { return &t.TagSet.Item }

func tagsOf(list []tag) tagged { return tagged{wire.Items[tag]{Item: list}} }

type tagSpecification struct {
	ResourceType string
	Tags         []tag `query:"Tag"`
}

func (s *Service) handleTags() {
	wire.HandleQuery(s.Query, "CreateTags", s.createTags)
	wire.HandleQuery(s.Query, "DeleteTags", s.deleteTags)
}

// done is the answer of operations that only say that they worked.
type done struct {
	Return bool `xml:"return"`
}

type createTagsInput struct {
	Resources []string `query:"ResourceId,required"`
	Tags      []tag    `query:"Tag,required"`
}

func (s *Service) createTags(_ context.Context, in *createTagsInput) (*done, error) {
	found, err := s.taggable(in.Resources)
	if err != nil {
		return nil, err
	}
	for _, r := range found {
		merged, err := mergeTags(*r.tags(), in.Tags)
		if err != nil {
			return nil, err
		}
		*r.tags() = merged
	}
	return &done{true}, nil
}

type deleteTagsInput struct {
	Resources []string `query:"ResourceId,required"`
	Tags      []struct {
		Key   string
		Value *string
	} `query:"Tag"`
}

func (s *Service) deleteTags(_ context.Context, in *deleteTagsInput) (*done, error) {
	found, err := s.taggable(in.Resources)
	if err != nil {
		return nil, err
	}
	for _, r := range found {
		*r.tags() = slices.DeleteFunc(*r.tags(), func(t tag) bool {
			if in.Tags == nil {
				return true
			}
			for _, d := range in.Tags {
				if d.Key == t.Key && (d.Value == nil || *d.Value == t.Value) {
					return true
				}
			}
			return false
		})
	}
	return &done{true}, nil
}

func (s *Service) taggable(ids []string) ([]resource, error) {
	all := s.all()
	var out []resource
	for _, id := range ids {
		kind := prefixOf(id)
		if kinds[kind].code == "" {
			return nil, wire.Errorf("InvalidID", "The ID '%s' is not valid", id)
		}
		r, err := find(all, kind, id)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// specified takes the tags for a new resource out of TagSpecifications.
func specified(specs []tagSpecification, kind string) ([]tag, error) {
	var out []tag
	for _, spec := range specs {
		if spec.ResourceType != kind {
			return nil, wire.Errorf("InvalidParameterValue",
				"'%s' is not a valid taggable resource type for this operation.", spec.ResourceType)
		}
		merged, err := mergeTags(out, spec.Tags)
		if err != nil {
			return nil, err
		}
		out = merged
	}
	return out, nil
}

func mergeTags(old, set []tag) ([]tag, error) {
	out := slices.Clone(old)
	for _, t := range set {
		switch {
		case t.Key == "" || len(t.Key) > 127:
			return nil, wire.Errorf("InvalidParameterValue", "Tag key length should be between 1 and 127")
		case len(t.Value) > 255:
			return nil, wire.Errorf("InvalidParameterValue", "Tag value exceeds the maximum length of 255 characters")
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return nil, wire.Errorf("InvalidParameterValue",
				"Tag keys starting with 'aws:' are reserved for internal use")
		}
		i := slices.IndexFunc(out, func(o tag) bool { return o.Key == t.Key })
		if i < 0 {
			out = append(out, t)
			continue
		}
		out[i] = t
	}
	if len(out) > maxTags {
		return nil, wire.Errorf("TagLimitExceeded", "More than %d tags specified.", maxTags)
	}
	return out, nil
}
