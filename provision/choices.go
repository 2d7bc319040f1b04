package provision

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsctl/internal/awserr"
)

// AccountAlias is the name that people gave the account, or empty when it has none or
// when the caller may not ask.
func AccountAlias(ctx context.Context, c *Clients) (string, error) {
	out, err := c.IAM.ListAccountAliases(ctx, &iam.ListAccountAliasesInput{})
	if awserr.Denied(err) {
		return "", nil
	}
	if err != nil {
		return "", explain("read the account's alias", err)
	}
	if len(out.AccountAliases) == 0 {
		return "", nil
	}
	return out.AccountAliases[0], nil // an account has one at most (API_CreateAccountAlias)
}

// Regions lists the regions that are on for the account.
func Regions(ctx context.Context, c *Clients) ([]string, error) {
	out, err := c.EC2.DescribeRegions(ctx, &ec2.DescribeRegionsInput{})
	if err != nil {
		return nil, explain("list the regions", err)
	}
	names := make([]string, len(out.Regions))
	for i, r := range out.Regions {
		names[i] = aws.ToString(r.RegionName)
	}
	slices.Sort(names)
	return names, nil
}

// ClusterChoice is an ECS cluster that could be used.
type ClusterChoice struct {
	Name            string
	Tasks, Services int // running tasks, active services
}

// describeClustersMax is the most that one call takes (API_DescribeClusters).
const describeClustersMax = 100

// Clusters lists the ACTIVE clusters, by name.
func Clusters(ctx context.Context, c *Clients) ([]ClusterChoice, error) {
	var arns []string
	pages := ecs.NewListClustersPaginator(c.ECS, &ecs.ListClustersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, explain("list the clusters", err)
		}
		arns = append(arns, page.ClusterArns...)
	}
	var out []ClusterChoice
	for some := range slices.Chunk(arns, describeClustersMax) {
		described, err := c.ECS.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: some})
		if err != nil {
			return nil, explain("read the clusters", err)
		}
		for _, got := range described.Clusters {
			if aws.ToString(got.Status) == "ACTIVE" {
				out = append(out, ClusterChoice{aws.ToString(got.ClusterName), int(got.RunningTasksCount),
					int(got.ActiveServicesCount)})
			}
		}
	}
	slices.SortFunc(out, func(a, b ClusterChoice) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// GroupProviders lists the ACTIVE capacity providers of Auto Scaling groups, by name.
func GroupProviders(ctx context.Context, c *Clients) ([]string, error) {
	var names []string
	in := &ecs.DescribeCapacityProvidersInput{}
	for {
		page, err := c.ECS.DescribeCapacityProviders(ctx, in)
		if err != nil {
			return nil, explain("list the capacity providers", err)
		}
		for _, p := range page.CapacityProviders {
			if p.AutoScalingGroupProvider != nil && p.Status == ecstypes.CapacityProviderStatusActive {
				names = append(names, aws.ToString(p.Name))
			}
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			slices.Sort(names)
			return names, nil
		}
	}
}

// VPCChoice is a VPC that could be used.
type VPCChoice struct {
	ID, Name, CIDR string
	Default        bool
}

// VPCs lists the VPCs, the default one first.
func VPCs(ctx context.Context, c *Clients) ([]VPCChoice, error) {
	var out []VPCChoice
	pages := ec2.NewDescribeVpcsPaginator(c.EC2, &ec2.DescribeVpcsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, explain("list the VPCs", err)
		}
		for _, v := range page.Vpcs {
			out = append(out, VPCChoice{aws.ToString(v.VpcId), nameTag(v.Tags), aws.ToString(v.CidrBlock),
				aws.ToBool(v.IsDefault)})
		}
	}
	slices.SortFunc(out, func(a, b VPCChoice) int {
		if a.Default != b.Default {
			return map[bool]int{true: -1, false: 1}[a.Default]
		}
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return out, nil
}

// SubnetChoice is a subnet that could be used.
type SubnetChoice struct {
	ID, Name, Zone string
	// Way is how traffic leaves the subnet, in words.
	Way string
	// Free is the number of free addresses.
	Free int
	// Chosen reports whether ecsctl takes the subnet when nobody names others.
	Chosen bool
}

// SubnetChoices are the subnets of a VPC and why some of them are the ones to take.
type SubnetChoices struct {
	Subnets []SubnetChoice
	// Reason says why those that are Chosen are, or why none is.
	Reason string
}

// Subnets lists the subnets of a VPC by zone, with those marked that a bootstrap
// without named subnets takes.
func Subnets(ctx context.Context, c *Clients, vpc string) (SubnetChoices, error) {
	finder := &networkFinder{api: c.EC2}
	all, err := finder.subnetsOf(ctx, vpc)
	if err != nil {
		return SubnetChoices{}, err
	}
	chosen, err := chooseSubnets(vpc, all)
	choices := SubnetChoices{Reason: chosen.reason()}
	if err != nil {
		choices.Reason = err.Error()
	}
	slices.SortFunc(all, func(a, b subnet) int {
		return cmp.Or(strings.Compare(a.zone, b.zone), strings.Compare(a.id, b.id))
	})
	ids := chosen.subnetIDs()
	for _, s := range all {
		choices.Subnets = append(choices.Subnets, SubnetChoice{
			ID: s.id, Name: s.name, Zone: s.zone, Way: s.way(), Free: s.free, Chosen: slices.Contains(ids, s.id),
		})
	}
	return choices, nil
}

// reason says why these subnets were taken.
func (n chosenNetwork) reason() string {
	where := fmt.Sprintf("in %d zones", zones(n.subnets))
	if zones(n.subnets) == 1 {
		where = "all in one zone, " + n.subnets[0].zone
	}
	if n.publicIP {
		return "public subnets, " + where + ": tasks get a public IP to reach out, and nothing reaches in"
	}
	return "private subnets with a way out, " + where + ": tasks need no public IP"
}

func (s subnet) way() string {
	switch s.out.kind {
	case exitPublic:
		return "public"
	case exitPrivate:
		return "private, with a way out"
	default:
		return "no way out"
	}
}

// SecurityGroupChoice is a security group that could be used.
type SecurityGroupChoice struct{ ID, Name, Description string }

// SecurityGroups lists the security groups of a VPC, by name.
func SecurityGroups(ctx context.Context, c *Clients, vpc string) ([]SecurityGroupChoice, error) {
	var out []SecurityGroupChoice
	pages := ec2.NewDescribeSecurityGroupsPaginator(c.EC2,
		&ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{filter("vpc-id", vpc)}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, explain("list the security groups", err)
		}
		for _, g := range page.SecurityGroups {
			if aws.ToString(g.VpcId) != vpc { // an emulator may not know the filter
				continue
			}
			out = append(out, SecurityGroupChoice{aws.ToString(g.GroupId), aws.ToString(g.GroupName),
				aws.ToString(g.Description)})
		}
	}
	slices.SortFunc(out, func(a, b SecurityGroupChoice) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return out, nil
}

func nameTag(tags []types.Tag) string {
	return TagMap(tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })["Name"]
}
