package commands

import (
	"context"

	"ecsctl/commands/console"
	"ecsctl/internal/shellword"
	"ecsctl/operate"
	"ecsctl/operate/deployments"
	"ecsctl/provision"
	"ecsctl/worker"
)

// warnOfDeployments tells which deployments of a pool that existed would not start. That they
// cannot be looked at takes nothing from the bootstrap, which is done.
func warnOfDeployments(ctx context.Context, streams console.Streams, pool string, plan *provision.Bootstrap) {
	if !plan.PoolExisted() {
		return
	}
	doctor := "`ecsctl doctor --deployments --pool " + shellword.Quote(pool) + "`"
	clients := plan.Clients()
	checks, err := deployments.Examine(ctx, deployments.Options{
		Preview: worker.PreviewRequest{Prefect: clients.Prefect}, Pool: pool, Clients: clients, Jobs: plan.Jobs(),
		Image: deployments.MissingImage(clients),
	})
	if err != nil {
		console.Printf(streams.Err, "warning: the pool's deployments could not be checked: %v: try %s\n",
			err, doctor)
		return
	}
	told := false
	for _, c := range checks {
		switch c.Status {
		case operate.CheckFail:
			console.Printf(streams.Err, "warning: %s would not start: %s\n", c.Name, c.Reason)
		case operate.CheckWarn:
			console.Printf(streams.Err, "warning: %s: %s\n", c.Name, c.Reason)
		default:
			continue
		}
		told = true
	}
	if told {
		console.Printf(streams.Err, "warning: %s shows how to fix this\n", doctor)
	}
}
