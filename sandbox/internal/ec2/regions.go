package ec2

import (
	"context"
	"slices"

	"ecsctl/sandbox/internal/wire"
)

type regionInfo struct {
	Name        string `xml:"regionName"`
	Endpoint    string `xml:"regionEndpoint"`
	OptInStatus string `xml:"optInStatus"`
}

func (r *regionInfo) id() string   { return r.Name }
func (r *regionInfo) tags() *[]tag { return &[]tag{} }

// regionNames are some of the regions that are on for every account of a partition.
var regionNames = map[string][]string{
	"aws": {"ap-northeast-1", "ap-southeast-2", "eu-central-1", "eu-west-1", "sa-east-1", "us-east-1",
		"us-east-2", "us-west-2"},
	"aws-cn":     {"cn-north-1", "cn-northwest-1"},
	"aws-us-gov": {"us-gov-east-1", "us-gov-west-1"},
}

var regionFilters = filters[*regionInfo]{
	"region-name":   func(r *regionInfo) []string { return one(r.Name) },
	"endpoint":      func(r *regionInfo) []string { return one(r.Endpoint) },
	"opt-in-status": func(r *regionInfo) []string { return one(r.OptInStatus) },
}

type describeRegionsInput struct {
	Names      []string `query:"RegionName"`
	AllRegions bool     // all of them are on in any case
	Filters    []filter `query:"Filter"`
}

type describeRegionsAnswer struct {
	Regions wire.Items[*regionInfo] `xml:"regionInfo"`
}

// describeRegions lists the partition's regions and the one that is played.
func (s *Service) describeRegions(_ context.Context, in *describeRegionsInput) (*describeRegionsAnswer, error) {
	names := slices.Clone(regionNames[s.partition])
	if !slices.Contains(names, s.region) {
		names = append(names, s.region)
	}
	for _, name := range in.Names {
		if !slices.Contains(names, name) {
			return nil, wire.Errorf("InvalidParameterValue", "Invalid region provided: [%s]", name)
		}
	}
	var regions []*regionInfo
	for _, name := range names {
		if in.Names == nil || slices.Contains(in.Names, name) {
			regions = append(regions, &regionInfo{name, "ec2." + name + ".amazonaws.com", "opt-in-not-required"})
		}
	}
	found, _, err := regionFilters.find(regions, "", nil, describe{Filters: in.Filters})
	return &describeRegionsAnswer{wire.Items[*regionInfo]{Item: found}}, err
}
