package authz

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

var ec2Rights = rights{
	"DescribeAvailabilityZones":  inRegion,
	"DescribeInternetGateways":   inRegion,
	"DescribeNatGateways":        inRegion,
	"DescribeNetworkInterfaces":  inRegion,
	"DescribeRouteTables":        inRegion,
	"DescribeSecurityGroupRules": inRegion,
	"DescribeSecurityGroups":     inRegion,
	"DescribeSubnets":            inRegion,
	"DescribeVpcEndpoints":       inRegion,
	"DescribeVpcs":               inRegion,

	"AllocateAddress":        creates("elastic-ip"),
	"CreateInternetGateway":  creates("internet-gateway"),
	"CreateNatGateway":       creates("natgateway", "SubnetId", "AllocationId"),
	"CreateRouteTable":       creates("route-table", "VpcId"),
	"CreateSecurityGroup":    creates("security-group", "VpcId"),
	"CreateSubnet":           creates("subnet", "VpcId"),
	"CreateVpc":              creates("vpc"),
	"CreateVpnGateway":       creates("vpn-gateway"),
	"CreateNetworkInterface": creates("network-interface", "SubnetId"),
	"CreateVpcEndpoint":      creates("vpc-endpoint", "VpcId"),
	"DeleteNetworkInterface": changes("NetworkInterfaceId"),

	"CreateTransitGateway":              creates("transit-gateway"),
	"CreateTransitGatewayVpcAttachment": creates("transit-gateway-attachment", "TransitGatewayId", "VpcId"),
	"DeleteTransitGatewayVpcAttachment": changes("TransitGatewayAttachmentId"),

	"AssociateRouteTable":   changes("RouteTableId", "SubnetId"),
	"AttachInternetGateway": changes("InternetGatewayId", "VpcId"),
	"DetachInternetGateway": changes("InternetGatewayId", "VpcId"),
	"CreateRoute":           changes("RouteTableId"),
	"DeleteRoute":           changes("RouteTableId"),
	"DeleteSubnet":          changes("SubnetId"),
	"DeleteVpc":             changes("VpcId"),
	"AttachVpnGateway":      changes("VpnGatewayId", "VpcId"),
	"DeleteVpcEndpoints":    func(c *call) []need { return c.onEach("VpcEndpointId") },
	"ModifySubnetAttribute": changes("SubnetId"),

	"DeleteSecurityGroup":           onGroup,
	"AuthorizeSecurityGroupEgress":  onGroup,
	"AuthorizeSecurityGroupIngress": onGroup,
	"RevokeSecurityGroupEgress":     onGroup,
	"RevokeSecurityGroupIngress":    onGroup,

	"CreateTags": func(c *call) []need {
		tags := map[string]string{}
		c.formTags("Tag.", tags)
		return c.onEach("ResourceId", requestTags(tags))
	},
	"DeleteTags": func(c *call) []need {
		tags := map[string]string{}
		c.formTags("Tag.", tags)
		return c.onEach("ResourceId", tagKeys(slices.Sorted(maps.Keys(tags))))
	},
}

// ec2Kinds are the types of resources by the prefix of their ids.
var ec2Kinds = map[string]string{
	"vpc": "vpc", "subnet": "subnet", "rtb": "route-table", "igw": "internet-gateway", "nat": "natgateway",
	"tgw": "transit-gateway", "tgw-attach": "transit-gateway-attachment",
	"eipalloc": "elastic-ip", "sg": "security-group", "sgr": "security-group-rule", "eni": "network-interface",
	"vpce": "vpc-endpoint", "vgw": "vpn-gateway",
}

// inRegion is for what has no resource but the key of the region.
func inRegion(c *call) []need { return []need{c.on("*", c.ec2Region())} }

func (c *call) ec2Region() fact { return key("ec2:Region", c.Region) }

// onResource needs the operation's action on what is there already.
func (c *call) onResource(id string, facts ...fact) need {
	prefix := id[:max(0, strings.LastIndex(id, "-"))] // tgw and tgw-attach are two
	known := c.EC2.Facts(id)
	facts = append(facts, c.ec2Region(), resourceTags(known.Tags, "ec2:"))
	if known.VPC != "" {
		facts = append(facts, key("ec2:Vpc", c.arn("ec2", "vpc/"+known.VPC)))
	}
	switch prefix {
	case "vpc":
		facts = append(facts, key("ec2:VpcID", id))
	case "subnet":
		facts = append(facts, key("ec2:SubnetID", id))
	case "sg":
		facts = append(facts, key("ec2:SecurityGroupID", id))
	}
	return c.on(c.ownersARN(known.Owner, ec2Kinds[prefix]+"/"+id), facts...)
}

// ownersARN is of what may be another account's: a shared VPC and its subnets are named with their owner.
func (c *call) ownersARN(owner, resource string) string {
	account := *c.Account
	account.ID = cmp.Or(owner, account.ID)
	return account.arn("ec2", resource)
}

// onEach needs the action on each of a list of ids.
func (c *call) onEach(list string, facts ...fact) []need {
	var out []need
	for _, id := range c.texts(list) {
		out = append(out, c.onResource(id, facts...))
	}
	return out
}

// changes is for operations on the resources whose ids are in the parameters.
func changes(ids ...string) func(*call) []need {
	return func(c *call) []need {
		var out []need
		for _, name := range ids {
			if id := c.text(name); id != "" {
				out = append(out, c.onResource(id))
			}
		}
		return out
	}
}

// creates is for operations that make a resource, perhaps inside of others. The new one
// is "kind/*": it has no id yet.
func creates(kind string, ids ...string) func(*call) []need {
	return func(c *call) []need {
		tags := c.specifiedTags()[kind]
		arn := c.arn("ec2", kind+"/*")
		out := append([]need{c.on(arn, c.ec2Region(), requestTags(tags))}, changes(ids...)(c)...)
		return append(out, c.tagsNew(kind)...)
	}
}

// tagsNew needs ec2:CreateTags on what is made with tags.
func (c *call) tagsNew(kind string) []need {
	tags := c.specifiedTags()[kind]
	if len(tags) == 0 {
		return nil
	}
	return []need{c.action("ec2:CreateTags", c.arn("ec2", kind+"/*"), c.ec2Region(),
		key("ec2:CreateAction", c.Request.Operation), requestTags(tags))}
}

// onGroup is for operations on a security group, by id, or in the default VPC by name.
// Its rules count only when they are made with tags.
func onGroup(c *call) []need {
	id := c.text("GroupId")
	if id == "" {
		id = c.EC2.GroupNamed(c.text("GroupName"))
	}
	if id == "" {
		id = "sg-" // of a name that is not there
	}
	return append([]need{c.onResource(id)}, c.tagsNew("security-group-rule")...)
}
