package doctor

import (
	"context"
	"fmt"
	"strings"

	"ecsctl/provision"
)

// Names of checks that are there only when something is wrong.
const (
	checkJob   = "the pool's own job"
	checkGroup = "security group"
)

// jobs judges the jobs of the pool's worker by what an earlier bootstrap chose. Within an examination, asking again
// costs nothing.
func (d *doctor) jobs(ctx context.Context) (*provision.Jobs, error) {
	options := d.Options
	options.Spec, options.Server, options.Policy = d.spec, d.server, provision.PolicyDoctor
	return provision.NewJobs(ctx, options)
}

// checkJob looks whether flow runs whose deployments say nothing would start in a pool that was set up.
func (d *doctor) checkJob(ctx context.Context) {
	if !d.known || d.blocked != "" || !d.answers || d.pool == nil || !d.wasSetUp() {
		return
	}
	jobs, err := d.jobs(ctx)
	if err != nil {
		return // the check of roles tells
	}
	why, fix, err := jobs.PoolJob(ctx)
	switch {
	case err != nil:
		d.failedOrDenied(checkJob, err)
	case len(why) > 0:
		d.fail(checkJob, "flow runs cannot start unless their deployments say otherwise: "+strings.Join(why, "\n"), fix)
	}
}

// checkGroup looks for what others have in the pool's security groups, which keeps a teardown from its end.
func (d *doctor) checkGroup(ctx context.Context) {
	if !d.known || d.blocked != "" || !d.answers || d.pool == nil || !d.wasSetUp() {
		return
	}
	jobs, err := d.jobs(ctx)
	if err != nil {
		return
	}
	used, err := jobs.GroupsInUse(ctx)
	if err != nil {
		d.failedOrDenied(checkGroup, err)
		return
	}
	if len(used) == 0 {
		return
	}
	lines := make([]string, len(used))
	for i, g := range used {
		lines[i] = fmt.Sprintf("%s is used by %s: a teardown cannot delete it", g.Group, strings.Join(g.Users, ", "))
	}
	d.warn(checkGroup, strings.Join(lines, "\n"), used[0].Fix())
}
