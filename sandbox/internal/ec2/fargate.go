package ec2

import (
	"slices"
	"strings"
)

// fargateZones are, by region, the ids of the zones that have Fargate, where not all of them have.
var fargateZones = map[string][]string{
	"us-west-1":      {"usw1-az1", "usw1-az3"},
	"ap-northeast-1": {"apne1-az1", "apne1-az2", "apne1-az4"},
	"cn-north-1":     {"cnn1-az1", "cnn1-az2"},
}

// notFargate returns why Fargate starts no tasks in a subnet.
func notFargate(n *subnet) string {
	region := strings.TrimRight(n.AvailabilityZone, "abcdef")
	has, some := fargateZones[region]
	switch {
	case n.OutpostArn != "":
		return "it is on an Outpost"
	case n.State != "available":
		return "it is " + n.State
	case some && !slices.Contains(has, n.AvailabilityZoneID):
		return "the Availability Zone " + n.AvailabilityZoneID + " has no Fargate"
	}
	return ""
}
