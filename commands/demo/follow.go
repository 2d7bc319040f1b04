package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ecsctl/commands/console"
	"ecsctl/prefect"
)

// follow shows each state of a run once, and at the end its log.
func (d *demo) follow(id string) error {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for shown := ""; ; {
		run, err := d.api.ReadFlowRun(d.ctx, id)
		if err != nil {
			return err
		}
		if run.StateName != shown {
			shown = run.StateName
			console.Printf(d.streams.Out, "   │ flow run %s is %s\n", run.Name, shown)
		}
		if run.StateType.Terminal() {
			return d.showLog(run)
		}
		select {
		case <-ticker.C:
		case <-d.ctx.Done():
			return fmt.Errorf("failed to wait for flow run %q, which is %s: %w", run.Name, shown, d.ctx.Err())
		}
	}
}

// logLimit is how long the last lines of a log may take after the end of their run:
// Prefect's client sends them in batches.
const logLimit = time.Minute

func (d *demo) showLog(run *prefect.FlowRun) error {
	logs, err := d.wholeLog(run.ID)
	if err != nil {
		return err
	}
	for _, line := range logs {
		console.Printf(d.streams.Out, "   │ %s | %s\n", line.Name, line.Message)
	}
	if run.StateType != prefect.Completed || !has(logs, helloLine) {
		return fmt.Errorf("flow run %q has not said %q", run.Name, helloLine)
	}
	return nil
}

// lastLine begins the last line of a completed run: the flow's own, or that of Prefect's engine.
func (d *demo) lastLine() string {
	if d.real != nil {
		return "Finished in state"
	}
	return helloLine
}

// wholeLog waits for the last line, and gives what there is when it does not come.
func (d *demo) wholeLog(id string) ([]prefect.Log, error) {
	limit := time.NewTimer(logLimit)
	defer limit.Stop()
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		logs, err := d.api.FlowRunLogs(d.ctx, id)
		if err != nil || has(logs, d.lastLine()) {
			return logs, err
		}
		select {
		case <-ticker.C:
		case <-limit.C:
			return logs, nil
		case <-d.ctx.Done():
			return nil, fmt.Errorf("failed to read the log of flow run %q: %w", id, d.ctx.Err())
		}
	}
}

func has(logs []prefect.Log, start string) bool {
	return slices.ContainsFunc(logs, func(line prefect.Log) bool { return strings.HasPrefix(line.Message, start) })
}
