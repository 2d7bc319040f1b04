package commands

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"ecsctl/prefect"
	"ecsctl/sandbox"
)

const demoDescription = `Example:

   ecsctl demo

Goes through Prefect's ECS Worker Guide on this machine, with no AWS account, no network
and no Python: bootstrap, the service starts the worker, a hello deployment is run and its
log line comes back, a second bootstrap changes nothing, teardown leaves nothing. AWS and
the Prefect API are played by the sandbox. The worker is ecsctl's own, out of the image that
bootstrap makes and pushes, and the flow run is carried out by a small flow runner of ecsctl's.`

// demoLimit is for the whole demo; it takes a tenth of that.
const demoLimit = 2 * time.Minute

func demoCommand(streams Streams) *cli.Command {
	return &cli.Command{
		Name:         "demo",
		Usage:        "show all of it on this machine, in a few seconds",
		Description:  demoDescription,
		OnUsageError: usageError,
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(c.Context, demoLimit)
			defer cancel()
			return runDemo(ctx, streams)
		},
		Subcommands: []*cli.Command{{
			Name: "flow-run", Usage: "carry out a hello flow run, in the demo's container", Hidden: true,
			Action: func(c *cli.Context) error { return runHelloFlow(c.Context, streams.Out) },
		}},
	}
}

// demo is a run of the demo.
type demo struct {
	ctx     context.Context
	streams Streams
	server  *sandbox.Server
	api     *prefect.Client
	dir     string // its home and working directory
	binary  string // of this program
	env     []string
}

func runDemo(ctx context.Context, streams Streams) (err error) {
	dir, err := os.MkdirTemp("", "ecsctl-demo-")
	if err != nil {
		return fmt.Errorf("failed to make a folder for the demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	d := &demo{ctx: ctx, streams: streams, dir: dir}
	images, err := d.makeImages()
	if err != nil {
		return err
	}
	if d.server, err = sandbox.Start(sandbox.Options{Images: images, ContainerEnvironment: demoWorkerEnv}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.server.Close()) }()
	if d.api, err = prefect.New(prefect.Options{APIURL: d.server.PrefectAPIURL()}); err != nil {
		return err
	}
	d.env = demoEnv(sandboxPlace(d.server, ""), os.Environ(), dir)
	return d.show()
}

// demoEnv has nothing of the user's own settings.
func demoEnv(p place, env []string, dir string) []string {
	p.unset = append(p.unset, "ECSCTL_*", "PREFECT_*", "HOME", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
	return append(p.over(env), "HOME="+dir)
}
