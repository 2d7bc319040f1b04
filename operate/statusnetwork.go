package operate

import (
	"context"
	"fmt"
	"slices"
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
		r.opts.Logger.DebugContext(ctx, "the ways out are not known", "error", err)
		return
	}
	shut, _ := shutSubnets(ways)
	if len(shut) == 0 {
		return
	}
	missing, err := missingEndpoints(ctx, r.opts.Clients, ways.VPC, []string{serviceLogs})
	if err != nil {
		r.opts.Logger.DebugContext(ctx, "the VPC endpoints are not known", "error", err)
		return
	}
	if slices.Contains(missing, serviceLogs) {
		r.add(Problem{Severity: Fail, About: AboutNetwork, Mend: []string{routeFix},
			Cause: fmt.Sprintf("no way out of %s: tasks there reach neither Prefect nor AWS", strings.Join(shut, "; "))})
	}
}
