package ec2

import (
	"context"
	"slices"

	"ecsctl/sandbox/internal/wire"
)

type zone struct {
	State              string `xml:"zoneState"`
	OptInStatus        string `xml:"optInStatus"`
	RegionName         string `xml:"regionName"`
	ZoneName           string `xml:"zoneName"`
	ZoneID             string `xml:"zoneId"`
	GroupName          string `xml:"groupName"`
	NetworkBorderGroup string `xml:"networkBorderGroup"`
	ZoneType           string `xml:"zoneType"`
}

func (z *zone) id() string   { return z.ZoneName }
func (z *zone) tags() *[]tag { return &[]tag{} }

// zones are three in every region here; their names are the region's with a letter.
func (s *Service) zones() []*zone {
	var out []*zone
	for i, letter := range []string{"a", "b", "c"} {
		out = append(out, &zone{
			State: "available", OptInStatus: "opt-in-not-required", RegionName: s.region,
			ZoneName: s.region + letter, ZoneID: zoneID(s.region, i+1),
			GroupName: s.region + "-zg-1", NetworkBorderGroup: s.region, ZoneType: "availability-zone",
		})
	}
	return out
}

var zoneFilters = filters[*zone]{
	"zone-name":     func(z *zone) []string { return one(z.ZoneName) },
	"zone-id":       func(z *zone) []string { return one(z.ZoneID) },
	"zone-type":     func(z *zone) []string { return one(z.ZoneType) },
	"state":         func(z *zone) []string { return one(z.State) },
	"region-name":   func(z *zone) []string { return one(z.RegionName) },
	"opt-in-status": func(z *zone) []string { return one(z.OptInStatus) },
}

type describeZonesInput struct {
	Names                []string `query:"ZoneName"`
	IDs                  []string `query:"ZoneId"`
	AllAvailabilityZones bool     // all of them are there in any case
	Filters              []filter `query:"Filter"`
}

type describeZonesAnswer struct {
	Zones wire.Items[*zone] `xml:"availabilityZoneInfo"`
}

func (s *Service) describeZones(_ context.Context, in *describeZonesInput) (*describeZonesAnswer, error) {
	zones := s.zones()
	for _, name := range in.Names {
		if !slices.ContainsFunc(zones, func(z *zone) bool { return z.ZoneName == name }) {
			return nil, wire.Errorf("InvalidParameterValue", "Invalid availability zone: [%s]", name)
		}
	}
	zones = slices.DeleteFunc(zones, func(z *zone) bool {
		return in.Names != nil && !slices.Contains(in.Names, z.ZoneName) || in.IDs != nil &&
			!slices.Contains(in.IDs, z.ZoneID)
	})
	found, _, err := zoneFilters.find(zones, "", nil, describe{Filters: in.Filters})
	return &describeZonesAnswer{wire.Items[*zone]{Item: found}}, err
}
