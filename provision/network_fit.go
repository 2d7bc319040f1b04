package provision

import (
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// standardZone matches the zones of a region; Fargate is not offered in Local Zones
// and Wavelength Zones, whose names have more parts.
var standardZone = regexp.MustCompile(`^([a-z]+(?:-[a-z]+)+-\d+)[a-z]$`)

// fargateZones are the zones that have Fargate, in the regions where not all of them have: by id, since
// which zone a name stands for differs from account to account.
var fargateZones = map[string][]string{
	"us-west-1":      {"usw1-az1", "usw1-az3"},
	"ap-northeast-1": {"apne1-az1", "apne1-az2", "apne1-az4"},
	"cn-north-1":     {"cnn1-az1", "cnn1-az2"},
}

// misfit is why a subnet does not do for tasks, whatever its routes are.
type misfit struct {
	why string
	// never is of what ECS refuses; the rest is as far as we know, and may be named all the same.
	never bool
}

func misfitOf(s types.Subnet) misfit {
	zone, id := aws.ToString(s.AvailabilityZone), aws.ToString(s.AvailabilityZoneId)
	region := standardZone.FindStringSubmatch(zone)
	switch {
	case s.OutpostArn != nil:
		return misfit{why: "it is on an Outpost, where Fargate is not offered", never: true}
	case s.State != "" && s.State != types.SubnetStateAvailable:
		return misfit{why: "it is " + string(s.State), never: true}
	case region == nil:
		return misfit{why: noFargate}
	case fargateZones[region[1]] != nil && id != "" && !slices.Contains(fargateZones[region[1]], id):
		return misfit{why: noFargate + " (" + id + ")"}
	case aws.ToBool(s.Ipv6Native):
		return misfit{why: "it has IPv6 addresses alone, with which tasks reach nothing that has only IPv4 ones"}
	}
	return misfit{}
}

const noFargate = "Fargate is not offered in this zone"

// troubles are what is wrong with a subnet that is used.
func (s subnet) troubles() []string {
	var out []string
	if s.misfit.why != "" {
		out = append(out, s.misfit.why)
	}
	if s.full {
		out = append(out, "it has no free addresses: tasks start there only when one becomes free")
	}
	if s.out.doubt != "" {
		out = append(out, s.out.doubt)
	}
	return out
}
