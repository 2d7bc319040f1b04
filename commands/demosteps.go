package commands

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"ecsctl/internal/hint"
	"ecsctl/prefect"
	"ecsctl/sandbox"
)

const demoPool = "my-ecs-pool"

// show goes through the steps.
func (d *demo) show() error {
	started := time.Now()
	bootstrap := slices.Concat([]string{"bootstrap", "--pool", demoPool}, d.workerArgs(), []string{"--flow-run-image", demoFlowImage, "--yes"})
	d.say("Prefect's ECS Worker Guide on this machine. AWS and the Prefect API are played by\n`ecsctl sandbox`; nothing leaves the machine, and all is forgotten at the end.\n")
	d.title(1, "work pool, roles, task definition, service", "the guide's steps 1 and 2, and its sanity check: the worker is live")
	if err := d.ecsctl(bootstrap...); err != nil {
		return err
	}
	d.title(2, "a deployment and a flow run", "the guide's step 4. The demo makes the API calls of these two commands itself, and instead of\n   Python a small flow runner of ecsctl's carries the run out in its ECS task")
	if err := d.helloRun(); err != nil {
		return err
	}
	d.title(3, "bootstrap again", "what is there already is left alone")
	if err := d.ecsctl(bootstrap...); err != nil {
		return err
	}
	d.title(4, "teardown", "the guide has no such step")
	if err := d.ecsctl("teardown", "--pool", demoPool, "--yes"); err != nil {
		return err
	}
	d.say(fmt.Sprintf("\nDone in %.1f seconds. In your own account it is the same two commands:\necsctl bootstrap --pool %s, and ecsctl teardown --pool %s", time.Since(started).Seconds(), demoPool, demoPool))
	return nil
}

func (d *demo) say(text string) { printf(d.streams.Out, "%s\n", text) }

func (d *demo) title(n int, what, stands string) {
	bold := lipgloss.NewRenderer(d.streams.Out).NewStyle().Bold(true)
	printf(d.streams.Out, "\n%s\n   %s\n\n", bold.Render(fmt.Sprintf("%d. %s", n, what)), stands)
}

func (d *demo) typed(args ...string) {
	printf(d.streams.Out, "   $ %s\n", strings.Join(args, " "))
}

// ecsctl runs this program as a person would, and shows all that it says.
func (d *demo) ecsctl(args ...string) error {
	d.typed(append([]string{"ecsctl"}, args...)...)
	out := &indented{out: d.streams.Out}
	code, err := d.server.Run(d.ctx, sandbox.Command{Args: append([]string{d.binary}, args...), Env: d.env, Dir: d.dir, Out: out, Err: out})
	if err != nil {
		return err
	}
	if code != 0 {
		return hint.Add(fmt.Errorf("failed to show `ecsctl %s`: exit code %d", args[0], code), "this is a defect of ecsctl: please report it with the output above")
	}
	return nil
}

// helloRun deploys and runs, and waits for the end.
func (d *demo) helloRun() error {
	d.typed("prefect", "deploy", "my_flow.py:my_flow", "--name", "hello", "--pool", demoPool)
	flow, err := d.api.CreateFlow(d.ctx, "my-flow")
	if err != nil {
		return err
	}
	deployment, err := d.api.CreateDeployment(d.ctx, prefect.DeploymentCreate{
		Name: "hello", FlowID: flow.ID, WorkPoolName: demoPool, Entrypoint: "my_flow.py:my_flow", JobVariables: json.RawMessage(`{}`),
	})
	if err != nil {
		return err
	}
	d.typed("prefect", "deployment", "run", "my-flow/hello")
	run, err := d.api.CreateFlowRun(d.ctx, deployment.ID, prefect.FlowRunCreate{})
	if err != nil {
		return err
	}
	return d.follow(run.ID)
}

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
			printf(d.streams.Out, "   │ flow run %s is %s\n", run.Name, shown)
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

func (d *demo) showLog(run *prefect.FlowRun) error {
	logs, err := d.api.FlowRunLogs(d.ctx, run.ID)
	if err != nil {
		return err
	}
	found := false
	for _, line := range logs {
		printf(d.streams.Out, "   │ %s | %s\n", line.Name, line.Message)
		found = found || line.Message == helloLine
	}
	if run.StateType != prefect.Completed || !found {
		return fmt.Errorf("flow run %q has not said %q", run.Name, helloLine)
	}
	return nil
}
