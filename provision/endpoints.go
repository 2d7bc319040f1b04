package provision

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ecsctl/provision/spec"
)

// Endpoints are the endpoints of a VPC that are available.
type Endpoints struct {
	region string
	list   []types.VpcEndpoint
}

// ReadEndpoints reads those of a VPC.
func ReadEndpoints(ctx context.Context, c *Clients, vpc string) (Endpoints, error) {
	out := Endpoints{region: c.Region}
	pages := ec2.NewDescribeVpcEndpointsPaginator(c.EC2,
		&ec2.DescribeVpcEndpointsInput{Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{vpc}}}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return out, explain("read the VPC endpoints", err)
		}
		for _, e := range page.VpcEndpoints {
			if strings.EqualFold(string(e.State), "available") && aws.ToString(e.VpcId) == vpc {
				out.list = append(out.list, e)
			}
		}
	}
	return out, nil
}

// serves reports whether an endpoint is that of a service. The names begin with com.amazonaws, or with
// cn.com.amazonaws in China.
func (e Endpoints) serves(endpoint types.VpcEndpoint, service string) bool {
	return strings.HasSuffix(aws.ToString(endpoint.ServiceName), "."+e.region+"."+service)
}

// Missing are the needed services that have none.
func (e Endpoints) Missing(needed []string) []string {
	return slices.DeleteFunc(needed, func(service string) bool {
		return slices.ContainsFunc(e.list, func(one types.VpcEndpoint) bool { return e.serves(one, service) })
	})
}

// Closed are those of the needed services that take all of the VPC's traffic to the service (private DNS)
// and whose security groups let in no HTTPS from the worker's tasks: with such an endpoint a NAT gateway does not
// help.
func (e Endpoints) Closed(ctx context.Context, c *Clients, ways Ways, want spec.Spec,
	needed []string) ([]string, error) {
	taking := slices.DeleteFunc(slices.Clone(e.list), func(one types.VpcEndpoint) bool {
		return !aws.ToBool(one.PrivateDnsEnabled) ||
			!slices.ContainsFunc(needed, func(service string) bool { return e.serves(one, service) })
	})
	if len(taking) == 0 {
		return nil, nil
	}
	from, err := taskSource(ctx, c, ways, want)
	if err != nil {
		return nil, err
	}
	groups, err := groupsOf(ctx, c, taking)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, one := range taking {
		if !from.reaches(one, groups) {
			out = append(out, aws.ToString(one.VpcEndpointId)+" of "+aws.ToString(one.ServiceName))
		}
	}
	return out, nil
}

// groupsOf reads the security groups of endpoints, by their ids.
func groupsOf(ctx context.Context, c *Clients, endpoints []types.VpcEndpoint) (
	map[string]types.SecurityGroup, error) {
	groups := map[string]types.SecurityGroup{}
	for _, e := range endpoints {
		for _, g := range e.Groups {
			groups[aws.ToString(g.GroupId)] = types.SecurityGroup{}
		}
	}
	if len(groups) == 0 {
		return nil, nil
	}
	found, err := c.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		GroupIds: slices.Sorted(maps.Keys(groups)),
	})
	if err != nil {
		return nil, explain("read the security groups of the VPC endpoints", err)
	}
	for _, g := range found.SecurityGroups {
		groups[aws.ToString(g.GroupId)] = g
	}
	return groups, nil
}

// NeededServices are those that the worker's tasks talk to: for the image its registry and the layers behind it, for
// starting logs and where its key is kept, for the worker ECS, EC2 and its queue. With key "" a secret is made.
func NeededServices(key string, observer bool) []string {
	needed := []string{"ecr.api", "ecr.dkr", "s3", "logs", "ecs", "ec2"}
	if spec.IsParameter(key) {
		needed = append(needed, "ssm")
	} else {
		needed = append(needed, "secretsmanager")
	}
	if observer {
		needed = append(needed, "sqs")
	}
	return needed
}

// closedEndpoints looks for endpoints that take the worker's traffic to AWS, whatever its route, and let in none of it,
// beside what else is judged. The function that it returns waits for the warning. Whoever may not look goes on without.
func (b *Bootstrap) closedEndpoints(ctx context.Context) (warnings func() []string) {
	w := b.w
	if w.recalled {
		return func() []string { return nil }
	}
	ways, wanted := waysOf(w.network.found()), w.spec
	needed := NeededServices(wanted.Prefect.APIKeySecret, w.Observes())
	var closed []string
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		var endpoints Endpoints
		if endpoints, err = ReadEndpoints(ctx, w.aws, ways.VPC); err == nil {
			closed, err = endpoints.Closed(ctx, w.aws, ways, wanted, needed)
		}
	}()
	return func() []string {
		<-done
		if err != nil {
			w.log.DebugContext(ctx, "whether VPC endpoints let tasks in is not known", "error", err)
		}
		if err != nil || len(closed) == 0 {
			return nil
		}
		return []string{ClosedEndpoints(ways.VPC, closed) + ": " + ClosedEndpointsFix}
	}
}

// ClosedEndpoints says which endpoints keep the worker's tasks out.
func ClosedEndpoints(vpc string, closed []string) string {
	return "VPC " + vpc + " has endpoints with private DNS whose security groups let in no HTTPS from the worker's " +
		"tasks: " + strings.Join(closed, ", ")
}

// ClosedEndpointsFix is the fix for them.
const ClosedEndpointsFix = "let in TCP 443 from the worker's security group or its subnets there, or name a group " +
	"that they let in with --security-group"

// source is where the worker's tasks have their addresses.
type source struct {
	groups  []string // ids
	subnets []netip.Prefix
}

func taskSource(ctx context.Context, c *Clients, ways Ways, want spec.Spec) (source, error) {
	from := source{groups: slices.Clone(want.Network.SecurityGroups)}
	if len(from.groups) == 0 {
		made, err := c.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{
			{Name: aws.String("vpc-id"), Values: []string{ways.VPC}},
			{Name: aws.String("group-name"), Values: []string{want.Names.SecurityGroup}},
		}})
		if err != nil {
			return from, explain("read the security groups", err)
		}
		for _, g := range made.SecurityGroups {
			if aws.ToString(g.VpcId) != ways.VPC || aws.ToString(g.GroupName) != want.Names.SecurityGroup {
				continue // an emulator may not know the filters
			}
			from.groups = append(from.groups, aws.ToString(g.GroupId))
		}
	}
	var ids []string
	for _, way := range ways.Subnets {
		ids = append(ids, way.Subnet)
	}
	subnets, err := c.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: ids})
	if err != nil {
		return from, explain("read the subnets", err)
	}
	for _, s := range subnets.Subnets {
		if prefix, err := netip.ParsePrefix(aws.ToString(s.CidrBlock)); err == nil {
			from.subnets = append(from.subnets, prefix)
		}
	}
	return from, nil
}

// reaches reports whether a group of the endpoint lets the tasks in. AWS gives each interface endpoint a
// group: of one without nothing is known.
func (s source) reaches(e types.VpcEndpoint, groups map[string]types.SecurityGroup) bool {
	return len(e.Groups) == 0 || slices.ContainsFunc(e.Groups, func(g types.SecurityGroupIdentifier) bool {
		return slices.ContainsFunc(groups[aws.ToString(g.GroupId)].IpPermissions, s.isLetIn)
	})
}

func (s source) isLetIn(p types.IpPermission) bool {
	const https = 443
	if protocol := aws.ToString(p.IpProtocol); protocol != "-1" &&
		(protocol != "tcp" || aws.ToInt32(p.FromPort) > https || aws.ToInt32(p.ToPort) < https) {
		return false
	}
	return len(p.PrefixListIds) > 0 || slices.ContainsFunc(p.UserIdGroupPairs, func(g types.UserIdGroupPair) bool {
		return slices.Contains(s.groups, aws.ToString(g.GroupId))
	}) || slices.ContainsFunc(p.IpRanges, func(r types.IpRange) bool {
		allowed, err := netip.ParsePrefix(aws.ToString(r.CidrIp))
		return err == nil && slices.ContainsFunc(s.subnets, allowed.Overlaps)
	})
}
