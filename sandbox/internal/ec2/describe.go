package ec2

import (
	"regexp"
	"slices"
	"strings"

	"ecsctl/sandbox/internal/wire"
)

// describe are the parameters that all Describe operations share.
type describe struct {
	Filters    []filter `query:"Filter"`
	NextToken  *string
	MaxResults *int
}

type filter struct {
	Name   string   `query:"Name,required"`
	Values []string `query:"Value"`
}

// filters say, by name, which values of a resource a filter is compared with.
type filters[T resource] map[string]func(T) []string

// find picks the resources with the ids (all when there are none) that match all
// filters, and of these one page.
func (fs filters[T]) find(all []T, kind string, ids []string, in describe) ([]T, *string, error) {
	picked := all
	if len(ids) > 0 {
		picked = nil
		for _, id := range ids {
			r, err := find(all, kind, id)
			if err != nil {
				return nil, nil, err
			}
			picked = append(picked, r)
		}
	}
	var found []T
	for _, r := range picked {
		ok, err := fs.matchAll(r, in.Filters)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			found = append(found, r)
		}
	}
	if err := fs.check(in.Filters); err != nil {
		return nil, nil, err
	}
	return page(found, in)
}

func page[T any](all []T, in describe) ([]T, *string, error) {
	size := 1000
	if in.MaxResults != nil {
		size = *in.MaxResults
	}
	if size < 5 || size > 1000 {
		return nil, nil, wire.Errorf("InvalidParameterValue",
			"Value ( %d ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.", size)
	}
	return wire.Page(all, in.NextToken, size, wire.Errorf("InvalidParameterValue", "Unable to parse pagination token"))
}

// check refuses unknown filters even where there is nothing to filter.
func (fs filters[T]) check(list []filter) error {
	for _, f := range list {
		if _, ok := fs[f.Name]; !ok && f.Name != "tag-key" && !strings.HasPrefix(f.Name, "tag:") {
			return wire.Errorf("InvalidParameterValue", "The filter '%s' is invalid", f.Name)
		}
	}
	return nil
}

func (fs filters[T]) matchAll(r T, list []filter) (bool, error) {
	if err := fs.check(list); err != nil {
		return false, err
	}
	for _, f := range list {
		if !anyMatch(f.Values, fs.values(r, f.Name)) {
			return false, nil
		}
	}
	return true, nil
}

func (fs filters[T]) values(r T, name string) []string {
	if get, ok := fs[name]; ok {
		return get(r)
	}
	key, byKey := strings.CutPrefix(name, "tag:")
	var out []string
	for _, t := range *r.tags() {
		switch {
		case !byKey:
			out = append(out, t.Key)
		case t.Key == key:
			out = append(out, t.Value)
		}
	}
	return out
}

// anyMatch compares as EC2 does: "*" and "?" are wild, case counts.
func anyMatch(patterns, values []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		expr := regexp.QuoteMeta(pattern)
		expr = strings.ReplaceAll(strings.ReplaceAll(expr, `\*`, ".*"), `\?`, ".")
		return slices.ContainsFunc(values, regexp.MustCompile("(?s)^"+expr+"$").MatchString)
	})
}

func one(s string) []string { return []string{s} }

func boolean(b bool) []string {
	if b {
		return []string{"true"}
	}
	return []string{"false"}
}
