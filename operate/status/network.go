package status

import (
	"context"
	"fmt"
	"strings"

	"ecsctl/provision"
)

// readNetwork looks for subnets that tasks cannot be started in: without a way out, and
// without the endpoint for their logs, which every worker writes. Whether a network
// without a way out has all else is for the doctor.
func (r *statusReader) readNetwork(ctx context.Context) {
	ways, err := provision.FindWays(ctx, r.opts.Clients, r.said.Network)
	if err != nil {
		// The plan, which finds the same, tells it.
		r.opts.Logger.DebugContext(ctx, "cannot tell which subnets have a way out", "error", err)
		return
	}
	shut, _ := ShutSubnets(ways)
	if len(shut) == 0 {
		return
	}
	endpoints, err := provision.ReadEndpoints(ctx, r.opts.Clients, ways.VPC)
	if err != nil {
		r.opts.Logger.DebugContext(ctx, "cannot read the VPC endpoints", "error", err)
		return
	}
	if len(endpoints.Missing([]string{ServiceLogs})) > 0 {
		r.add(Problem{Severity: Fail, About: AboutNetwork, Fix: []string{RouteFix},
			Cause: fmt.Sprintf("no way out of %s: tasks there reach neither Prefect nor AWS",
				strings.Join(shut, "; "))})
	}
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
