package demo

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"ecsctl/commands/console"
	"ecsctl/internal/hint"
	"ecsctl/prefect"
	"ecsctl/sandbox"
)

const (
	demoPool       = "my-ecs-pool"
	demoDeployment = "hello"
	demoFlow       = "my-flow"
)

// show goes through the steps.
func (d *demo) show() error {
	started := time.Now()
	d.say("Prefect's ECS Worker Guide on this machine. " + d.stage() + "\n")
	d.title(1, "work pool, roles, task definition, service",
		"the guide's steps 1 and 2, and its sanity check: the worker is live")
	if err := d.bootstrap(); err != nil {
		return err
	}
	if err := d.deployAndRun(); err != nil {
		return err
	}
	d.title(3, "bootstrap again", "what is there already is left alone")
	if err := d.bootstrap(); err != nil {
		return err
	}
	ownRan := false
	if d.own != nil {
		var err error
		if ownRan, err = d.runOwnFlow(); err != nil {
			return err
		}
	}
	return d.teardown(started, ownRan)
}

func (d *demo) teardown(started time.Time, ownRan bool) error {
	n := 4
	if d.own != nil {
		n++
	}
	d.title(n, "teardown", "the guide has no such step")
	teardown := []string{"teardown", "--pool", demoPool, "--yes"}
	if d.real != nil {
		if err := d.program("prefect", "deployment", "delete", demoFlow+"/"+demoDeployment); err != nil {
			return err
		}
	}
	if d.real != nil || ownRan {
		// A run is Completed a moment before its process, and so its task, has ended.
		teardown = append(teardown, "--running", "wait")
	}
	if err := d.ecsctl(teardown...); err != nil {
		return err
	}
	d.say(fmt.Sprintf("\nDone in %.1f seconds. In your own account it is the same:\n", time.Since(started).Seconds()))
	d.typed("ecsctl", "bootstrap", "--pool", demoPool)
	d.typed("ecsctl", "deploy", "flow.py:my_flow", "--pool", demoPool, "--run")
	d.typed("ecsctl", "teardown", "--pool", demoPool)
	return nil
}

// stage says what of it is real.
func (d *demo) stage() string {
	if d.real != nil {
		return "AWS is played by `ecsctl sandbox`. The Prefect server (" + d.real.version + " at " + d.api.APIURL() +
			"), its command line and the flow run are real. The worker is ecsctl's own."
	}
	played := "AWS and the Prefect API are played by `ecsctl sandbox`; nothing leaves the machine, and all is " +
		"forgotten at the end."
	if d.own != nil && d.own.missing == nil {
		played += " Step 4 alone reads a base image and wheels from the network."
	}
	return played
}

func (d *demo) bootstrap() error {
	args := append([]string{"bootstrap", "--pool", demoPool}, d.workerArgs()...)
	if d.real == nil {
		args = append(args, "--flow-run-image", demoFlowImage)
	}
	return d.ecsctl(append(args, "--yes")...)
}

func (d *demo) deployAndRun() error {
	if d.real != nil {
		d.title(2, "a deployment and a flow run", "the guide's step 4, with its own my_flow.py. The flow run's ECS "+
			"task is the real prefect flow-run execute")
		return d.realRun()
	}
	d.title(2, "a deployment and a flow run", "the guide's step 4. The demo makes the API calls of these two "+
		"commands itself, and instead of Python a small flow runner of ecsctl's carries the run out in its ECS "+
		"task")
	return d.helloRun()
}

func (d *demo) say(text string) { console.Printf(d.streams.Out, "%s\n", text) }

func (d *demo) title(n int, what, stands string) {
	bold := lipgloss.NewRenderer(d.streams.Out).NewStyle().Bold(true)
	console.Printf(d.streams.Out, "\n%s\n   %s\n\n", bold.Render(fmt.Sprintf("%d. %s", n, what)), stands)
}

func (d *demo) typed(args ...string) {
	console.Printf(d.streams.Out, "   $ %s\n", strings.Join(args, " "))
}

// ecsctl runs this program as a person would, and shows all that it says.
func (d *demo) ecsctl(args ...string) error {
	d.typed(append([]string{"ecsctl"}, args...)...)
	code, err := d.Run(append([]string{d.binary}, args...))
	if err == nil && code != 0 {
		err = hint.Add(fmt.Errorf("failed to show `ecsctl %s`: exit code %d", args[0], code),
			"this is a bug in ecsctl: please report it with the output above")
	}
	return err
}

// Run runs a command to its end and shows all that it says.
func (d *demo) Run(args []string) (code int, err error) { return d.RunIn(d.dir, args) }

// RunIn runs it in a folder, with more in its environment.
func (d *demo) RunIn(dir string, args []string, env ...string) (code int, err error) {
	out := &indented{out: d.streams.Out}
	return d.server.Run(d.ctx, sandbox.Command{
		Args: args, Env: slices.Concat(d.env, env), Dir: dir, Out: out, Err: out,
	})
}

// helloRun deploys and runs, and waits for the end.
func (d *demo) helloRun() error {
	d.typed("prefect", "deploy", "my_flow.py:my_flow", "--name", demoDeployment, "--pool", demoPool)
	flow, err := d.api.CreateFlow(d.ctx, demoFlow)
	if err != nil {
		return err
	}
	deployment, err := d.api.CreateDeployment(d.ctx, prefect.DeploymentCreate{
		Name: demoDeployment, FlowID: flow.ID, WorkPoolName: demoPool, Entrypoint: "my_flow.py:my_flow",
		JobVariables: json.RawMessage(`{}`),
	})
	if err != nil {
		return err
	}
	d.typed("prefect", "deployment", "run", demoFlow+"/"+demoDeployment)
	run, err := d.api.CreateFlowRun(d.ctx, deployment.ID, prefect.FlowRunCreate{})
	if err != nil {
		return err
	}
	return d.follow(run.ID)
}
