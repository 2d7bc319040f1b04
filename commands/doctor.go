package commands

import (
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/internal/buildinfo"
	"ecsctl/operate"
	"ecsctl/operate/doctor"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

const doctorDescription = `Example:

   ecsctl doctor
   ecsctl doctor --pool my-ecs-pool --output json
   ecsctl doctor --pool my-ecs-pool --deployments

Looks for what keeps a bootstrap from working, or a worker that worked before: AWS
credentials, region and permissions, this machine's clock, routes to the internet or
VPC endpoints, Fargate's quota against the size asked for, the Prefect API with its
version and credentials, the images, the key that the worker has, and what status
finds wrong with a pool that was set up. With --deployments it resolves each deployment of
the pool as the worker would, and lists those that would not start. Changes nothing.
Each check is OK, WARN, FAIL, or SKIP where it could not be looked at, with the reason
and the fix. Takes the flags of bootstrap, to look at what that would make. The exit
code is 1 when a check fails.`

type doctorOptions struct {
	inputs.ReportOptions
	Spec       spec.Spec
	StuckAfter time.Duration
	// Deployments: all of the pool are looked through.
	Deployments bool
}

func doctorCommand(streams console.Streams) *cli.Command {
	flags := inputs.BootstrapFlags()
	return &cli.Command{
		Name:         "doctor",
		Usage:        "look for what keeps bootstrap or a worker from working",
		Description:  doctorDescription,
		OnUsageError: console.UsageError,
		Flags: append(append(inputs.QuietFlags(flags), inputs.ReportFlags()...), stuckAfterFlag(),
			&cli.BoolFlag{Name: "deployments",
				Usage:   "check all deployments of the pool: which would not start, and why",
				EnvVars: inputs.Env("deployments")}),
		Action: func(c *cli.Context) error {
			opts, err := readDoctorOptions(c, flags)
			if err != nil {
				return err
			}
			return runDoctor(c.Context, streams, opts)
		},
	}
}

func readDoctorOptions(c *cli.Context, flags []inputs.SpecFlag) (opts doctorOptions, err error) {
	if opts.ReportOptions, err = inputs.ReadReportOptions(c); err != nil {
		return opts, err
	}
	if opts.StuckAfter, err = readStuckAfter(c); err != nil {
		return opts, err
	}
	opts.Deployments = c.Bool("deployments")
	if opts.Spec, err = inputs.ReadSpec(c, flags); err == nil && opts.Deployments && opts.Spec.Pool == "" {
		err = console.Usagef("--deployments needs --pool")
	}
	return opts, err
}

// runDoctor goes on without AWS or without Prefect: that one cannot be set up is what a
// doctor is asked about.
func runDoctor(ctx context.Context, streams console.Streams, opts doctorOptions) error {
	examined := doctor.DoctorOptions{Deployments: opts.Deployments, Options: provision.Options{
		Spec: opts.Spec, Version: buildinfo.Version(), Logger: inputs.NewLogger(streams.Err, opts.Verbose),
		PollInterval: inputs.PollInterval,
	}}
	if err := inputs.UseCABundle(ctx, opts.Spec.Profile); err != nil {
		return err
	}
	examined.Prefect, examined.PrefectErr = inputs.ConnectPrefect(ctx, opts.Spec.Prefect, streams, &examined.Options)
	if examined.AWSErr = inputs.ConnectAWS(ctx, opts.Spec, &examined.Options,
		examined.Prefect); examined.AWSErr == nil {
		examined.AWS, examined.AWSErr = provision.LoadAWSConfig(ctx, opts.Spec.Region, opts.Spec.Profile,
			examined.Logger)
	}
	status := statusOf(examined.Options, opts.StuckAfter)
	examined.Status = &status
	stop := console.Looking(ctx, streams, opts.Verbose)
	checks, err := doctor.Examine(ctx, examined)
	stop()
	if err != nil {
		return err
	}
	if err := printChecks(ctx, streams, opts.ReportOptions, checks); err != nil {
		return err
	}
	if operate.Worst(checks) == operate.CheckFail {
		return console.CommandExit{Code: 1}
	}
	return nil
}

// checkReport is what --output json prints.
type checkReport struct {
	Worst  operate.CheckStatus `json:"worst"`
	Checks []operate.Check     `json:"checks"`
}

func printChecks(ctx context.Context, streams console.Streams, opts inputs.ReportOptions,
	checks []operate.Check) error {
	if opts.Output == inputs.OutputJSON {
		return console.PrintJSON(ctx, streams.Out, checkReport{operate.Worst(checks), checks}, nil)
	}
	count := map[operate.CheckStatus]int{}
	for _, c := range doctor.WorstFirst(checks) {
		count[c.Status]++
		printCheck(ctx, streams.Out, opts.Verbose, c, "")
	}
	console.Printf(streams.Out, "%s\n", fmt.Sprintf("%d checks: %d FAIL, %d WARN, %d SKIP, %d OK", len(checks),
		count[operate.CheckFail], count[operate.CheckWarn], count[operate.CheckSkip], count[operate.CheckOK]))
	return nil
}
