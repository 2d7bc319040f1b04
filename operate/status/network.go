package status

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ecsctl/provision"
)

// readNetwork looks for subnets that tasks cannot be started in: without a way out, and
// without the endpoint for their logs, which every worker writes. Whether a network
// without a way out has all else is for the doctor.
func (r *statusReader) readNetwork(ctx context.Context) {
	ways, err := provision.FindWays(ctx, r.opts.Clients, r.said.Network)
	if err != nil {
		// The plan, which finds the same, tells it.
		r.opts.Logger.DebugContext(ctx, "the ways out are not known", "error", err)
		return
	}
	shut, _ := ShutSubnets(ways)
	if len(shut) == 0 {
		return
	}
	missing, err := MissingEndpoints(ctx, r.opts.Clients, ways.VPC, []string{ServiceLogs})
	if err != nil {
		r.opts.Logger.DebugContext(ctx, "the VPC endpoints are not known", "error", err)
		return
	}
	if slices.Contains(missing, ServiceLogs) {
		r.add(Problem{Severity: Fail, About: AboutNetwork, Fix: []string{RouteFix},
			Cause: fmt.Sprintf("no way out of %s: tasks there reach neither Prefect nor AWS",
				strings.Join(shut, "; "))})
	}
}

// MissingEndpoints are the services that a VPC has no endpoint for.
func MissingEndpoints(ctx context.Context, c *provision.Clients, vpc string, needed []string) ([]string, error) {
	endpoints, err := endpointsOf(ctx, c, vpc)
	if err != nil {
		return nil, err
	}
	// The names begin with com.amazonaws, or with cn.com.amazonaws in China.
	return slices.DeleteFunc(needed, func(service string) bool {
		return slices.ContainsFunc(endpoints, func(e types.VpcEndpoint) bool { return serves(c.Region, e)(service) })
	}), nil
}

// ServiceLogs is CloudWatch Logs in the names of VPC endpoints.
const ServiceLogs = "logs"

// ShutSubnets are the subnets that tasks get out of and those that they do not, in words.
func ShutSubnets(ways provision.Ways) (shut, open []string) {
	for _, way := range ways.Subnets {
		switch {
		case way.Exit == provision.ExitNone:
			shut = append(shut, way.Subnet+": "+way.Why)
		case way.Exit == provision.ExitPublic && !ways.PublicIP:
			shut = append(shut, way.Subnet+
				": it is public, and tasks get no public IP address (assign-public-ip is disabled)")
		default:
			open = append(open, fmt.Sprintf("%s (%s, %s)", way.Subnet, way.Zone, way.Exit))
		}
	}
	return shut, open
}

// RouteFix is the fix for subnets without a way out.
const RouteFix = "add a route 0.0.0.0/0 to a NAT gateway (private) or an internet gateway (public, with " +
	"--assign-public-ip enabled), or name other subnets with --subnet"
