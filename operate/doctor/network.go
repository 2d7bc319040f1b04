package doctor

import (
	"context"
	"fmt"
	"strings"

	"ecsctl/operate/status"
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
	shut, open := status.ShutSubnets(ways)
	endpoints, unread := provision.ReadEndpoints(ctx, d.Clients, ways.VPC)
	if unread == nil && d.meetsClosedEndpoints(ctx, endpoints, ways) {
		return
	}
	if len(shut) > 0 {
		d.checkEndpoints(endpoints, unread, ways.VPC, shut)
		return
	}
	if unread != nil {
		d.Logger.DebugContext(ctx, "cannot read the VPC endpoints", "error", unread)
	}
	reason := fmt.Sprintf("VPC %s, with a way out of %s", ways.VPC, strings.Join(open, ", "))
	if len(ways.Warnings) > 0 {
		d.warn(checkNetwork, reason+"; "+strings.Join(ways.Warnings, "; "),
			"name other subnets, in several zones, with --subnet, or change --assign-public-ip")
		return
	}
	d.ok(checkNetwork, reason)
}

// neededServices are those that the worker's tasks talk to.
func (d *doctor) neededServices() []string {
	key := d.spec.Prefect.APIKeySecret
	if key == "" && d.running != nil {
		key = d.running.keyFrom
	}
	return provision.NeededServices(key, d.observer)
}

// meetsClosedEndpoints looks for endpoints that take the traffic to AWS, whatever the route, and let in none of it.
// Where their groups cannot be read, the other findings have to do.
func (d *doctor) meetsClosedEndpoints(ctx context.Context, endpoints provision.Endpoints, ways provision.Ways) bool {
	closed, err := endpoints.Closed(ctx, d.Clients, ways, d.spec, d.neededServices())
	if err != nil {
		d.Logger.DebugContext(ctx, "cannot tell whether VPC endpoints let tasks in", "error", err)
		return false
	}
	if len(closed) == 0 {
		return false
	}
	d.fail(checkNetwork, provision.ClosedEndpoints(ways.VPC, closed), provision.ClosedEndpointsFix)
	return true
}

// checkEndpoints is for subnets without a way out.
func (d *doctor) checkEndpoints(endpoints provision.Endpoints, unread error, vpc string, shut []string) {
	reason := "no way out of " + strings.Join(shut, "; ")
	if unread != nil {
		d.fail(checkNetwork, reason+"; and "+unread.Error(), status.RouteFix)
		return
	}
	missing := endpoints.Missing(d.neededServices())
	if len(missing) > 0 {
		d.fail(checkNetwork, fmt.Sprintf("%s; and VPC %s has no endpoint for %s", reason, vpc,
			strings.Join(missing, ", ")),
			status.RouteFix+"; or make the endpoints, keep images in ECR and have Prefect inside the VPC")
		return
	}
	d.warn(checkNetwork, reason+"; the VPC has an endpoint for each service of AWS",
		fmt.Sprintf("make sure that tasks there reach %s inside the VPC, and that images are in ECR", d.server.APIURL))
}
