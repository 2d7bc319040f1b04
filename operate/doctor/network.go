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
	endpoints, unread := status.ReadEndpoints(ctx, d.Clients, ways.VPC)
	if unread == nil && d.meetsClosedEndpoints(ctx, endpoints, ways) {
		return
	}
	if len(shut) > 0 {
		d.checkEndpoints(endpoints, unread, ways.VPC, shut)
		return
	}
	if unread != nil {
		d.Logger.DebugContext(ctx, "the VPC endpoints are not known", "error", unread)
	}
	reason := fmt.Sprintf("VPC %s, with a way out of %s", ways.VPC, strings.Join(open, ", "))
	if len(ways.Warnings) > 0 {
		d.warn(checkNetwork, reason+"; "+strings.Join(ways.Warnings, "; "),
			"name other subnets, in several zones, with --subnet")
		return
	}
	d.ok(checkNetwork, reason)
}

// neededServices are those that tasks talk to: for the image its registry and the
// layers behind it, for starting logs and secrets, for the worker ECS, EC2 and its queue.
func (d *doctor) neededServices() []string {
	needed := []string{"ecr.api", "ecr.dkr", "s3", status.ServiceLogs, "secretsmanager", "ecs", "ec2"}
	if d.observer {
		needed = append(needed, "sqs")
	}
	return needed
}

// meetsClosedEndpoints looks for endpoints that take the traffic to AWS, whatever the route, and let in none of it.
// Where their groups cannot be read, the other findings have to do.
func (d *doctor) meetsClosedEndpoints(ctx context.Context, endpoints status.Endpoints, ways provision.Ways) bool {
	closed, err := endpoints.Closed(ctx, d.Clients, ways, d.spec, d.neededServices())
	if err != nil {
		d.Logger.DebugContext(ctx, "whether VPC endpoints let tasks in is not known", "error", err)
		return false
	}
	if len(closed) == 0 {
		return false
	}
	d.fail(checkNetwork, fmt.Sprintf("VPC %s has endpoints with private DNS whose security groups let in no HTTPS from "+
		"the worker's tasks: %s", ways.VPC, strings.Join(closed, ", ")),
		"let in TCP 443 from the worker's security group or its subnets there, or name a group that they let in with "+
			"--security-group")
	return true
}

// checkEndpoints is for subnets without a way out.
func (d *doctor) checkEndpoints(endpoints status.Endpoints, unread error, vpc string, shut []string) {
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
