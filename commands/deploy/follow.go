package deploy

import (
	"context"
	"fmt"
	"time"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/internal/hint"
	"ecsctl/internal/shellword"
	"ecsctl/prefect"
)

// The last lines of a run come after its end, because Prefect sends them in batches: lateLooks without a new line are
// the end of them.
const (
	followInterval = time.Second
	lateLooks      = 3
)

// Run runs a deployment and follows the run to its end.
func (d *deployer) Run(ctx context.Context, deployment *prefect.Deployment) error {
	run, err := d.api.CreateFlowRun(ctx, deployment.ID, prefect.FlowRunCreate{})
	if err != nil {
		return err
	}
	page := prefect.PageURL(d.api.APIURL(), prefect.FlowRunPage(d.server), run.ID)
	console.Printf(d.streams.Err, "flow run %s: %s\n", run.Name, page)
	d.result.FlowRun = &deployedRun{Name: run.Name, ID: run.ID, URL: page, State: run.StateName}
	limited, cancel := context.WithTimeout(ctx, d.opts.Timeout)
	defer cancel()
	f := &follower{deployer: d, id: run.ID}
	ended, err := f.follow(limited)
	if ctx.Err() != nil {
		console.Printf(d.streams.Err, "the flow run goes on: %s\n", page)
		return ctx.Err()
	}
	if limited.Err() != nil {
		return hint.Add(fmt.Errorf("flow run %q is still %s after %s", run.Name, f.shown, d.opts.Timeout),
			"see what keeps it: ecsctl status --pool "+shellword.Quote(d.opts.Spec.Pool),
			"or give it more time with --timeout")
	}
	if err != nil {
		return err
	}
	if ended.StateType == prefect.Completed {
		return nil
	}
	reason := ""
	if ended.State != nil && ended.State.Message != "" {
		reason = ": " + ended.State.Message
	}
	return hint.Add(fmt.Errorf("flow run %q is %s%s", ended.Name, ended.StateName, reason),
		fmt.Sprintf("ecsctl logs --pool %s --flow-run %s shows what its container wrote",
			shellword.Quote(d.opts.Spec.Pool), ended.ID))
}

// follower shows each state of a run and each line of its log once.
type follower struct {
	*deployer
	id    string
	shown string
	lines int
}

func (f *follower) follow(ctx context.Context) (*prefect.FlowRun, error) {
	ticker := time.NewTicker(followInterval)
	defer ticker.Stop()
	for quiet := 0; ; {
		run, err := f.api.ReadFlowRun(ctx, f.id)
		if err != nil {
			return nil, err
		}
		if run.StateName != f.shown {
			f.shown, f.result.FlowRun.State = run.StateName, run.StateName
			console.Printf(f.streams.Err, "flow run %s is %s\n", run.Name, f.shown)
		}
		before := f.lines
		if err := f.showLog(ctx); err != nil {
			return nil, err
		}
		if quiet++; f.lines > before || !run.StateType.Terminal() {
			quiet = 0
		}
		if quiet >= lateLooks {
			return run, nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (f *follower) showLog(ctx context.Context) error {
	lines, err := f.api.FlowRunLogsAfter(ctx, f.id, f.lines)
	if err != nil {
		return err
	}
	out := f.streams.Out
	if f.opts.Output == inputs.OutputJSON {
		out = f.streams.Err
	}
	for _, line := range lines {
		console.Printf(out, "%s | %s\n", line.Timestamp.Local().Format(time.TimeOnly), line.Message)
	}
	f.lines += len(lines)
	return nil
}
