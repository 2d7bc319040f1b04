package doctor

import (
	"context"
	"strings"

	"ecsctl/operate"
	"ecsctl/operate/status"
	"ecsctl/provision"
)

// checkState is the name of the check of what an earlier bootstrap has made.
const checkState = "what bootstrap made"

// toldBy has what other checks tell in more detail when they fail.
var toldBy = map[string]status.About{
	checkAPI: status.AboutPrefect, checkKey: status.AboutPrefect, checkNetwork: status.AboutNetwork,
	checkWorkerKey: status.AboutSecret, checkJob: status.AboutCluster,
}

// checkMade asks status what is wrong with a pool that was set up: roles, the service and
// its tasks, queues.
func (d *doctor) checkMade(ctx context.Context) {
	if d.spec.Pool == "" {
		d.skip(checkState, "no --pool is given")
		return
	}
	if !d.needsAWS(checkState) {
		return
	}
	if d.Status == nil || !d.wasSetUp() {
		d.skip(checkState, "nothing yet")
		return
	}
	told := []status.About{status.AboutAWS} // what may not be looked at is not known to be wrong
	for _, c := range d.checks {
		if about, ok := toldBy[c.Name]; ok && c.Status == operate.CheckFail {
			told = append(told, about)
		}
	}
	problem, status, err := status.FirstCause(ctx, d.Status, told...)
	switch {
	case err != nil:
		d.failedOrDenied(checkState, err)
	case problem != nil:
		d.fail(checkState, strings.Join(append([]string{problem.Cause}, problem.Details...), "\n"), problem.Fixes())
	case len(told) > 1:
		d.skip(checkState, "not checked: fix what failed first")
	case !status.Planned:
		d.skip(checkState, status.WhyUnplanned())
	default:
		d.ok(checkState, "`ecsctl status` finds nothing wrong")
	}
}

// wasSetUp tells of a bootstrap by what it leaves: a service, or its mark in the pool.
func (d *doctor) wasSetUp() bool {
	if d.running != nil || d.pool == nil {
		return d.running != nil
	}
	return provision.SetUpHere(d.pool, d.id)
}
