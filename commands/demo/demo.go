// Package demo is `ecsctl demo` and `ecsctl sandbox`: whatever needs the played AWS and Prefect. No other
// package of the program imports the sandbox.
package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/internal/hint"
	"ecsctl/prefect"
	"ecsctl/sandbox"
)

const demoDescription = `Example:

   ecsctl demo
   ecsctl demo --flow flow.py:my_flow
   ecsctl demo --prefect-api-url http://127.0.0.1:4200/api --venv .venv

Goes through Prefect's ECS Worker Guide on this machine, with no AWS account, no network
and no Python: bootstrap, the service starts the worker, a hello deployment is run and its
log line comes back, a second bootstrap changes nothing, teardown leaves nothing. AWS and
the Prefect API are played by the sandbox. The worker is ecsctl's own, out of the image that
bootstrap makes and pushes, and the flow run is carried out by a small flow runner of ecsctl's.

Where there are uv and a Prefect of yours, a flow with a dependency of its own is then deployed and
run by ecsctl deploy --run, with real Prefect in an image that is made, pushed and pulled: an
example, or the one that --flow names, in this folder. That reads a base image and wheels from the
network; --flow none leaves it out.

With --prefect-api-url, a real Prefect server and an installed prefect take part: the
guide's my_flow.py is deployed there with prefect deploy, and the flow run's ECS task is
prefect flow-run execute. AWS stays played. The demo makes a work pool and a deployment of
its own there and deletes them again; the flow run and its logs stay.`

// demoLimit is for the whole demo: seconds, and with real programs and downloads a minute or two.
const demoLimit = 10 * time.Minute

type demoOptions struct {
	PrefectAPIURL string // of a real server, or ""
	Venv          string
	Flow          string // FILE:FLOW, noFlow, or "" for the example
	Base          string // image that the flow's is made on, or ""
}

// Command returns the demo command.
func Command(streams console.Streams) *cli.Command {
	return &cli.Command{
		Name:         "demo",
		Usage:        "show the whole guide on this machine, in a few seconds",
		Description:  demoDescription,
		OnUsageError: console.UsageError,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "prefect-api-url",
				Usage: "`URL` of a real Prefect API to use in place of the played one", Category: inputs.InPrefect},
			&cli.StringFlag{Name: "venv", Usage: "virtual environment `DIR` whose prefect deploys and runs the flow " +
				"(default: where prefect is on PATH)", Category: inputs.InPrefect},
			&cli.StringFlag{Name: "flow", Usage: "`FILE:FLOW` of yours that is deployed and run, or none (default: " +
				"an example, where there are uv and Prefect)"},
			&cli.StringFlag{Name: "base",
				Usage: "`IMAGE` that the flow's image is made on (default: the slim official Python)"},
		},
		Action: func(c *cli.Context) error {
			opts, err := readDemoOptions(c)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(c.Context, demoLimit)
			defer cancel()
			return runDemo(ctx, streams, opts)
		},
		Subcommands: []*cli.Command{{
			Name: "flow-run", Usage: "carry out a hello flow run, in the demo's container", Hidden: true,
			Action: func(c *cli.Context) error { return runHelloFlow(c.Context, streams.Out) },
		}},
	}
}

func readDemoOptions(c *cli.Context) (demoOptions, error) {
	opts := demoOptions{PrefectAPIURL: c.String("prefect-api-url"), Venv: c.String("venv"), Flow: c.String("flow"),
		Base: c.String("base")}
	if err := console.NoArguments(c); err != nil {
		return opts, err
	}
	switch {
	case opts.Flow != "" && opts.Flow != noFlow && !strings.Contains(opts.Flow, ":"):
		return opts, console.Usagef("--flow %q: use FILE:FLOW, such as flow.py:my_flow, or none", opts.Flow)
	case opts.Flow == noFlow && (opts.Base != "" || opts.Venv != "" && opts.PrefectAPIURL == ""):
		return opts, console.Usagef("--base and --venv are for the flow that --flow none leaves out")
	}
	return opts, nil
}

// demo is a run of the demo.
type demo struct {
	ctx     context.Context
	streams console.Streams
	server  *sandbox.Server
	api     *prefect.Client
	dir     string // its home and working directory
	binary  string // of this program
	env     []string
	real    *realPrefect // nil when the Prefect API is played
	own     *ownFlow     // nil leaves the step out
}

func runDemo(ctx context.Context, streams console.Streams, opts demoOptions) (err error) {
	dir, err := os.MkdirTemp("", "ecsctl-demo-")
	if err != nil {
		return fmt.Errorf("failed to make a folder for the demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	d := &demo{ctx: ctx, streams: streams, dir: dir}
	if opts.PrefectAPIURL != "" {
		if d.real, err = findRealPrefect(ctx, opts, streams); err != nil {
			return err
		}
	}
	if d.own, err = findOwnFlow(ctx, opts, dir); err != nil {
		return err
	}
	images, err := d.makeImages()
	if err != nil {
		return err
	}
	if d.server, err = sandbox.Start(sandbox.Options{Images: images, ContainerEnvironment: demoWorkerEnv,
		EnforceIAM: true, PrefectVersion: d.playedPrefect(), Volumes: d.volumes()}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.server.Close()) }()
	d.env = demoEnv(sandboxPlace(d.server, opts.PrefectAPIURL), os.Environ(), dir)
	if d.real != nil {
		d.api, d.env = d.real.api, append(d.env, d.real.environ()...)
		return hint.Add(d.show(), "what the demo created on the server may still be there: "+demoRemoval)
	}
	key, auth := d.server.PrefectCredentials()
	if d.api, err = prefect.New(prefect.Options{
		APIURL: d.server.PrefectAPIURL(), APIKey: prefect.Secret(key), AuthString: prefect.Secret(auth),
	}); err != nil {
		return err
	}
	return d.show()
}

// volumes are for the guide's flow on a real server: `prefect deploy` leaves its code in the demo's folder.
func (d *demo) volumes() []string {
	if d.real == nil {
		return nil
	}
	return []string{d.dir}
}

// playedPrefect is the version that the user has, which deploys and runs the flow of the user's
// own; "" is the newest.
func (d *demo) playedPrefect() string {
	if d.own == nil {
		return ""
	}
	return d.own.prefect
}

// demoEnv has nothing of the user's own settings.
func demoEnv(p place, env []string, dir string) []string {
	p.unset = append(p.unset, "ECSCTL_*", "PREFECT_*", "HOME", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
	return append(p.over(env), "HOME="+dir)
}
