package operate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ecsctl/provision"
)

// checkNetwork looks for a way out of each subnet, or for an endpoint in its VPC for
// each service that tasks use.
func (d *doctor) checkNetwork(ctx context.Context) {
	if !d.needsAWS(checkNetwork) {
		return
	}
	ways, err := provision.FindWays(ctx, d.Clients, d.spec.Network)
	if err != nil {
		d.failedOrDenied(checkNetwork, err)
		return
	}
	shut, open := shutSubnets(ways)
	if len(shut) > 0 {
		d.checkEndpoints(ctx, ways.VPC, shut)
		return
	}
	reason := fmt.Sprintf("VPC %s, with a way out of %s", ways.VPC, strings.Join(open, ", "))
	if len(ways.Warnings) > 0 {
		d.warn(checkNetwork, reason+"; "+strings.Join(ways.Warnings, "; "), "name subnets of several zones with --subnet")
		return
	}
	d.ok(checkNetwork, reason)
}

// shutSubnets are the subnets that tasks get out of and those that they do not, in words.
func shutSubnets(ways provision.Ways) (shut, open []string) {
	for _, way := range ways.Subnets {
		switch {
		case way.Exit == provision.ExitNone:
			shut = append(shut, way.Subnet+": "+way.Why)
		case way.Exit == provision.ExitPublic && !ways.PublicIP:
			shut = append(shut, way.Subnet+": it is public, and tasks get no public IP address (assign-public-ip is disabled)")
		default:
			open = append(open, fmt.Sprintf("%s (%s, %s)", way.Subnet, way.Zone, way.Exit))
		}
	}
	return shut, open
}

// serviceLogs is CloudWatch Logs in the names of VPC endpoints.
const serviceLogs = "logs"

// neededServices are those that tasks talk to: for the image its registry and the
// layers behind it, for starting logs and secrets, for the worker ECS, EC2 and its queue.
func (d *doctor) neededServices() []string {
	needed := []string{"ecr.api", "ecr.dkr", "s3", serviceLogs, "secretsmanager", "ecs", "ec2"}
	if d.observer {
		needed = append(needed, "sqs")
	}
	return needed
}

const routeFix = "add a route 0.0.0.0/0 to a NAT gateway (private) or an internet gateway (public, with --assign-public-ip enabled), or name other subnets with --subnet"

// checkEndpoints is for subnets without a way out.
func (d *doctor) checkEndpoints(ctx context.Context, vpc string, shut []string) {
	reason := "no way out of " + strings.Join(shut, "; ")
	missing, err := missingEndpoints(ctx, d.Clients, vpc, d.neededServices())
	if err != nil {
		d.fail(checkNetwork, reason+"; and "+err.Error(), routeFix)
		return
	}
	if len(missing) > 0 {
		d.fail(checkNetwork, fmt.Sprintf("%s; and VPC %s has no endpoint for %s", reason, vpc, strings.Join(missing, ", ")),
			routeFix+"; or make the endpoints, keep images in ECR and have Prefect inside the VPC")
		return
	}
	d.warn(checkNetwork, reason+"; the VPC has an endpoint for each service of AWS", fmt.Sprintf("make sure that tasks there reach %s inside the VPC, and that images are in ECR", d.server.APIURL))
}

// missingEndpoints are the services that a VPC has no endpoint for.
func missingEndpoints(ctx context.Context, c *provision.Clients, vpc string, needed []string) ([]string, error) {
	var names []string
	pages := ec2.NewDescribeVpcEndpointsPaginator(c.EC2, &ec2.DescribeVpcEndpointsInput{Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{vpc}}}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, provision.ExplainAWS("read the VPC endpoints", err)
		}
		for _, e := range page.VpcEndpoints {
			if strings.EqualFold(string(e.State), "available") {
				names = append(names, aws.ToString(e.ServiceName))
			}
		}
	}
	// The names begin with com.amazonaws, or with cn.com.amazonaws in China.
	return slices.DeleteFunc(needed, func(service string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.HasSuffix(name, "."+c.Region+"."+service) })
	}), nil
}
