package workercmd

import (
	"context"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/worker"
)

const workerHealthDescription = `Example:

   ecsctl worker health

As the health check of a container without a shell:
"healthCheck": {"command": ["CMD", "/ecsctl", "worker", "health"]}

Asks the worker that runs beside it, and exits with 0 when it is well and with 1 when it is
not. The port is that of PREFECT_WORKER_WEBSERVER_PORT, 8080 by default; the worker must
have been started with --with-healthcheck.`

type workerHealthOptions struct {
	Address string
	Path    string
}

func workerHealthCommand(streams console.Streams) *cli.Command {
	return &cli.Command{
		Name:         "health",
		Usage:        "check whether a worker is healthy",
		Description:  workerHealthDescription,
		OnUsageError: console.UsageError,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "address",
				Usage:   "`HOST:PORT` that the worker listens on (default: PREFECT_WORKER_WEBSERVER_HOST and _PORT)",
				EnvVars: inputs.Env("address")},
			&cli.BoolFlag{Name: "ready",
				Usage: "check whether the worker would launch runs now, not only whether it is alive"},
		},
		Action: func(c *cli.Context) error {
			opts, err := readWorkerHealthOptions(c, streams)
			if err != nil {
				return err
			}
			return runWorkerHealth(c.Context, streams, opts)
		},
	}
}

func readWorkerHealthOptions(c *cli.Context, streams console.Streams) (workerHealthOptions, error) {
	opts := workerHealthOptions{Address: c.String("address"), Path: "/health"}
	if err := console.NoArguments(c); err != nil {
		return opts, err
	}
	if c.Bool("ready") {
		opts.Path = "/ready"
	}
	if opts.Address != "" {
		return opts, nil
	}
	settings, err := readPrefectSettings(c, streams)
	opts.Address = worker.HealthAddress(settings)
	return opts, err
}

func runWorkerHealth(ctx context.Context, streams console.Streams, opts workerHealthOptions) error {
	if err := worker.CheckHealth(ctx, opts.Address, opts.Path); err != nil {
		return err
	}
	console.Printf(streams.Out, "OK\n")
	return nil
}
