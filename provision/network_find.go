package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"ecsctl/internal/aws/ec2calls"
	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
	"ecsctl/provision/spec"
)

// networkFinder reads the VPC once, for all resources that need it.
type networkFinder struct {
	api  *ec2calls.Client
	want spec.Network
	// private: the tasks have no public address, so that of subnets nobody named the private ones are taken.
	private bool

	all    shared[chosenNetwork]
	chosen chosenNetwork
	vpcID  shared[string]
}

// vpc returns the VPC alone, which is known before its subnets are.
func (f *networkFinder) vpc(ctx context.Context) (string, error) {
	return f.vpcID.get(ctx, f.findVPC)
}

// get returns the network that the Spec means. The first caller does the work with its context.
func (f *networkFinder) get(ctx context.Context) (chosenNetwork, error) {
	return f.all.get(ctx, func(ctx context.Context) (n chosenNetwork, err error) {
		f.chosen, err = f.choose(ctx)
		return f.chosen, err
	})
}

// found is the network that get has read: without one there is no plan.
func (f *networkFinder) found() chosenNetwork { return f.chosen }

func (f *networkFinder) choose(ctx context.Context) (chosenNetwork, error) {
	vpc, err := f.vpc(ctx)
	if err != nil {
		return chosenNetwork{}, err
	}
	all, err := f.subnetsOf(ctx, vpc)
	if err != nil {
		return chosenNetwork{}, err
	}
	n, err := f.pick(ctx, vpc, all)
	if err != nil {
		return chosenNetwork{}, err
	}
	switch f.want.AssignPublicIP {
	case spec.PublicIPEnabled:
		n.publicIP = true
		n.warnings = append(n.warnings, idleAddresses(n.subnets, "assign-public-ip is enabled")...)
	case spec.PublicIPDisabled:
		if n.publicIP {
			n.warnings = append(n.warnings,
				"the subnets reach the internet only with public IP addresses, and assign-public-ip is disabled")
		}
		n.publicIP = false
	}
	return n, nil
}

// eligible are the subnets of which some are chosen: the private ones alone, if there are any, where tasks have no
// public address.
func (f *networkFinder) eligible(all []subnet) []subnet {
	private := slices.DeleteFunc(slices.Clone(all), func(s subnet) bool {
		return s.misfit.why != "" || s.out.kind != exitPrivate
	})
	if !f.private || len(private) == 0 {
		return all
	}
	return private
}

func (f *networkFinder) pick(ctx context.Context, vpc string, all []subnet) (chosenNetwork, error) {
	if len(f.want.Subnets) == 0 {
		return chooseSubnets(vpc, f.eligible(all))
	}
	byID := make(map[string]subnet, len(all))
	for _, s := range all {
		byID[s.id] = s
	}
	var named []subnet
	for _, id := range f.want.Subnets {
		s, ok := byID[id]
		if !ok {
			other, err := f.subnet(ctx, id)
			if err != nil {
				return chosenNetwork{}, err
			}
			s = subnet{id: id, vpc: aws.ToString(other.VpcId)}
		}
		named = append(named, s)
	}
	return takeSubnets(vpc, named, all)
}

// idleAddresses warns of subnets where a public address was asked for and leads nowhere: what comes back to it goes
// by an internet gateway, which they have no route to.
func idleAddresses(subnets []subnet, asked string) []string {
	var out []string
	for _, s := range subnets {
		if s.out.kind == exitPrivate {
			out = append(out, s.id)
		}
	}
	if len(out) == 0 {
		return nil
	}
	slices.Sort(out)
	return []string{fmt.Sprintf("%s, and subnets are private: %s: a public IP address has no use there, since their "+
		"default route is no internet gateway", asked, strings.Join(out, ", "))}
}

// findVPC finds the VPC that the user named, else that of the first named subnet, else the default one.
func (f *networkFinder) findVPC(ctx context.Context) (string, error) {
	if f.want.VPC == "" && len(f.want.Subnets) > 0 {
		s, err := f.subnet(ctx, f.want.Subnets[0])
		if err != nil {
			return "", err
		}
		return aws.ToString(s.VpcId), nil
	}
	in := &ec2.DescribeVpcsInput{Filters: []types.Filter{filter("isDefault", "true")}}
	if f.want.VPC != "" {
		in = &ec2.DescribeVpcsInput{VpcIds: []string{f.want.VPC}}
	}
	out, err := f.api.DescribeVpcs(ctx, in)
	switch {
	case awserr.HasCode(err, "InvalidVpcID.NotFound", "InvalidVpcID.Malformed"):
		return "", hint.Add(fmt.Errorf("there is no VPC %q in this account and region", f.want.VPC),
			"list them with `aws ec2 describe-vpcs`, and check the region")
	case f.want.VPC != "" && awserr.Denied(err):
		// Its subnets are looked at in any case: they say whether the VPC is there.
		return f.want.VPC, nil
	case err != nil:
		return "", explain("read the VPC", err)
	}
	for _, vpc := range out.Vpcs { // an emulator may not know the filter
		if f.want.VPC == aws.ToString(vpc.VpcId) || f.want.VPC == "" && aws.ToBool(vpc.IsDefault) {
			return aws.ToString(vpc.VpcId), nil
		}
	}
	return "", f.noDefaultVPC(ctx)
}

// noDefaultVPC lists the VPCs that there are.
func (f *networkFinder) noDefaultVPC(ctx context.Context) error {
	var have []string
	pages := ec2.NewDescribeVpcsPaginator(f.api, &ec2.DescribeVpcsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return explain("list the VPCs", err)
		}
		for _, v := range page.Vpcs {
			have = append(have, describeVPC(v))
		}
	}
	if len(have) == 0 {
		return hint.Add(errors.New("this account has no VPC in this region"),
			"make the default one with `aws ec2 create-default-vpc`, or check the region")
	}
	slices.Sort(have)
	return hint.Add(fmt.Errorf("this account has no default VPC in this region, but %s", strings.Join(have, ", ")),
		"name one of them with --vpc")
}

func describeVPC(v types.Vpc) string {
	about := aws.ToString(v.CidrBlock)
	if name := nameTag(v.Tags); name != "" {
		about = name + ", " + about
	}
	return aws.ToString(v.VpcId) + " (" + about + ")"
}

func (f *networkFinder) subnet(ctx context.Context, id string) (types.Subnet, error) {
	out, err := f.api.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{id}})
	switch {
	case awserr.HasCode(err, "InvalidSubnetID.NotFound", "InvalidSubnetID.Malformed"), err == nil &&
		len(out.Subnets) == 0:
		return types.Subnet{}, hint.Add(fmt.Errorf("there is no subnet %q in this account and region", id),
			"list them with `aws ec2 describe-subnets`, and check the region")
	case err != nil:
		return types.Subnet{}, explain(fmt.Sprintf("read subnet %q", id), err)
	}
	return out.Subnets[0], nil
}

// subnetsOf reads the subnets and route tables of a VPC at the same time.
func (f *networkFinder) subnetsOf(ctx context.Context, vpc string) ([]subnet, error) {
	inVPC := []types.Filter{filter("vpc-id", vpc)}
	var subnets []types.Subnet
	var tables []types.RouteTable
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		pages := ec2.NewDescribeSubnetsPaginator(f.api, &ec2.DescribeSubnetsInput{Filters: inVPC})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return explain("read the subnets", err)
			}
			subnets = append(subnets, slices.DeleteFunc(slices.Clone(page.Subnets), func(s types.Subnet) bool {
				return aws.ToString(s.VpcId) != vpc
			})...)
		}
		return nil
	})
	group.Go(func() error {
		pages := ec2.NewDescribeRouteTablesPaginator(f.api, &ec2.DescribeRouteTablesInput{Filters: inVPC})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return explain("read the route tables", err)
			}
			tables = append(tables, slices.DeleteFunc(slices.Clone(page.RouteTables), func(t types.RouteTable) bool {
				return aws.ToString(t.VpcId) != vpc
			})...)
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	out := make([]subnet, len(subnets))
	for i, s := range subnets {
		out[i] = subnet{id: *s.SubnetId, vpc: vpc, zone: aws.ToString(s.AvailabilityZone), name: nameTag(s.Tags),
			free: int(aws.ToInt32(s.AvailableIpAddressCount)), misfit: misfitOf(s), out: exitOf(s, tables)}
		out[i].full = out[i].free == 0 && !aws.ToBool(s.Ipv6Native)
	}
	return out, nil
}

func filter(name string, values ...string) types.Filter {
	return types.Filter{Name: aws.String(name), Values: values}
}
