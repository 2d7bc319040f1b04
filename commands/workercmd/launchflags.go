package workercmd

import (
	"time"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/worker"
	"ecsctl/worker/awsaccess"
)

const inLaunching = "Launching (--capacity-wait is ECSCTL_CAPACITY_WAIT, and so on)"

// workerLaunchFlags say how launches meet what AWS has no room or no time for.
func workerLaunchFlags() []cli.Flag {
	return []cli.Flag{
		&cli.DurationFlag{Name: "capacity-wait",
			Usage: "how long a flow run waits for capacity in ECS before it is Crashed; 0: it does not wait",
			Value: time.Hour, EnvVars: inputs.Env("capacity-wait"), Category: inLaunching},
		&cli.BoolFlag{Name: "spot-fallback", Usage: "launch on demand when Fargate Spot has no capacity",
			EnvVars: inputs.Env("spot-fallback"), Category: inLaunching},
		&cli.IntFlag{Name: "infrastructure-retries",
			Usage: "how often a flow run is launched again after AWS has ended its task (Spot interruption, host " +
				"failure)", EnvVars: inputs.Env("infrastructure-retries"), Category: inLaunching},
		&cli.DurationFlag{Name: "claim-grace",
			Usage: "how old a claim must be before this worker goes on with it when the worker that made it is offline",
			Value: 2 * time.Minute, EnvVars: inputs.Env("claim-grace"), Category: inLaunching},
		&cli.DurationFlag{Name: "drain-timeout",
			Usage: "how long the worker takes at most to end after SIGTERM; less than the container's stop timeout",
			Value: 100 * time.Second, EnvVars: inputs.Env("drain-timeout"), Category: inLaunching},
		&cli.GenericFlag{Name: "rate", Value: &inputs.Repeated{}, Usage: "`ACTION=N/s,burst=M`: calls of an ECS " +
			"action that the account allows; may be given more than once (default: AWS's default quotas)",
			Category: inLaunching},
	}
}

// readWorkerLaunchFlags reads them into the options.
func readWorkerLaunchFlags(c *cli.Context, opts *worker.Options) error {
	opts.CapacityWait, opts.ClaimGrace = c.Duration("capacity-wait"), c.Duration("claim-grace")
	opts.DrainTimeout = c.Duration("drain-timeout")
	opts.SpotFallback, opts.InfrastructureRetries = c.Bool("spot-fallback"), c.Int("infrastructure-retries")
	switch {
	case opts.CapacityWait < 0:
		return console.Usagef("--capacity-wait %s: give a duration such as 30m, or 0", opts.CapacityWait)
	case opts.ClaimGrace <= 0:
		return console.Usagef("--claim-grace %s: give a duration such as 2m", opts.ClaimGrace)
	case opts.DrainTimeout <= 0:
		return console.Usagef("--drain-timeout %s: give a duration such as 100s", opts.DrainTimeout)
	case opts.InfrastructureRetries < 0:
		return console.Usagef("--infrastructure-retries %d: give a number, 0 or more", opts.InfrastructureRetries)
	}
	if opts.CapacityWait == 0 {
		opts.CapacityWait = -1 // 0 is the default
	}
	rates := inputs.Given(c, "rate")
	if len(rates) == 0 {
		return nil
	}
	opts.Rates = awsaccess.DefaultRates()
	for _, text := range rates {
		action, r, err := awsaccess.ParseRate(text)
		if err != nil {
			return console.Usagef("--rate: %w", err)
		}
		opts.Rates[action] = r
	}
	return nil
}
