package jobtemplate

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// NetworkNeed is what a job must know of AWS before its request is complete.
type NetworkNeed struct {
	VPCID   string   // empty is the region's default VPC
	Subnets []string // the subnets that must lie in it; empty means all of them are used
}

// Network is the answer to a NetworkNeed.
type Network struct {
	VPCID   string   // empty when there is no such VPC
	Subnets []string // the ids of all its subnets, those to use first
}

// maxSubnets is how many ECS takes (AwsVpcConfiguration).
const maxSubnets = 16

// NeedsNetwork reports whether the request needs to know a VPC, and which. described
// is the task definition that the job names, as AWS describes it; nil for a job with
// a definition of its own.
func (j *Job) NeedsNetwork(described *types.TaskDefinition) (NetworkNeed, bool) {
	if j.facts(described).networkMode != awsvpc {
		return NetworkNeed{}, false
	}
	if len(j.config.network) > 0 {
		return NetworkNeed{VPCID: j.config.vpcID, Subnets: stringsOf(j.config.network["subnets"])}, true
	}
	if truthy(j.config.runRequest["networkConfiguration"]) {
		return NetworkNeed{}, false
	}
	return NetworkNeed{VPCID: j.config.vpcID}, true
}

func stringsOf(value any) []string {
	list, _ := value.([]any)
	out := make([]string, 0, len(list))
	for _, item := range list {
		out = append(out, pyText(item))
	}
	return out
}

// setNetwork puts the network into the request: the pool's configuration, whose
// subnets must lie in its VPC, or all subnets of the VPC.
func (j *Job) setNetwork(found *findings, document map[string]any, need NetworkNeed, network Network) {
	name := "the default VPC"
	if need.VPCID != "" {
		name = "the VPC " + need.VPCID
	}
	switch {
	case network.VPCID == "" && need.VPCID == "":
		found.add("vpc_id", "set the job variable vpc_id, or make a default VPC", "the region has no default VPC")
		return
	case network.VPCID == "":
		found.add("vpc_id", "check the id and the region", "%s does not exist", name)
		return
	case len(network.Subnets) == 0:
		found.add("vpc_id", "choose another VPC, or make subnets in it", "%s has no subnets", name)
		return
	}
	if len(j.config.network) > 0 {
		j.checkSubnets(found, name, need, network)
		document["networkConfiguration"] = map[string]any{"awsvpcConfiguration": clone(j.config.network)}
		return
	}
	document["networkConfiguration"] = map[string]any{"awsvpcConfiguration": map[string]any{
		"subnets": toStrings(network.Subnets[:min(maxSubnets, len(network.Subnets))]), "assignPublicIp": "ENABLED",
		"securityGroups": []any{},
	}}
}

func (j *Job) checkSubnets(found *findings, name string, need NetworkNeed, network Network) {
	for _, subnet := range need.Subnets {
		if !slices.Contains(network.Subnets, subnet) {
			found.add("network_configuration.subnets", "it has "+joinNames(network.Subnets),
				"the subnet %q does not lie in %s", subnet, name)
		}
	}
}
