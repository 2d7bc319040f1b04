package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/internal/hint"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

const teardownDescription = `Example:

   ecsctl teardown --pool my-ecs-pool --dry-run
   ecsctl teardown --pool my-ecs-pool --yes

Removes what bootstrap made for the pool, found by names and tags, and then looks
again to prove it. What ecsctl did not create is never touched: a cluster, a role or a
pool of yours stays, and a pool of yours gets back the defaults that it had. What is
gone already is no error. A pool that was set up in another account or region is refused,
and the plan says how many deployments are left without a pool. The exit code is 1 when anything is left.

The names are those that the pool remembers. bootstrap's flags for names go over them: see
ecsctl bootstrap --help-all.`

type teardownOptions struct {
	inputs.OutputOptions
	Spec               spec.Spec
	KeepPool, KeepLogs bool
	Running            string
	WaitTimeout        time.Duration
}

func teardownCommand(streams console.Streams) *cli.Command {
	flags := append(inputs.PlaceFlags(), inputs.NameFlags()...)
	return &cli.Command{
		Name:         "teardown",
		Usage:        "remove what bootstrap made for a work pool",
		Description:  teardownDescription,
		OnUsageError: console.UsageError,
		Flags: append(append(inputs.QuietFlags(flags), inputs.OutputFlags()...),
			&cli.BoolFlag{Name: "keep-pool", Usage: "leave the work pool in Prefect", EnvVars: inputs.Env("keep-pool")},
			&cli.BoolFlag{Name: "keep-logs", Usage: "leave the log group", EnvVars: inputs.Env("keep-logs")},
			&cli.StringFlag{Name: "running",
				Usage:   "what to do about running flow runs: wait, stop or leave (default: refuse and list them)",
				EnvVars: inputs.Env("running")},
		),
		Action: func(c *cli.Context) error {
			opts, err := readTeardownOptions(c, flags)
			if err != nil {
				return err
			}
			return runTeardown(c.Context, streams, opts)
		},
	}
}

func readTeardownOptions(c *cli.Context, flags []inputs.SpecFlag) (opts teardownOptions, err error) {
	if err := console.NoArguments(c); err != nil {
		return opts, err
	}
	if opts.OutputOptions, err = inputs.ReadOutputOptions(c); err != nil {
		return opts, err
	}
	opts.KeepPool, opts.KeepLogs, opts.WaitTimeout = c.Bool("keep-pool"), c.Bool("keep-logs"),
		c.Duration("wait-timeout")
	switch opts.Running = c.String("running"); opts.Running {
	case provision.RunningRefuse, provision.RunningWait, provision.RunningStop, provision.RunningLeave:
	default:
		return opts, console.Usagef("--running %q: use wait, stop or leave", opts.Running)
	}
	opts.Spec, err = inputs.ReadSpec(c, flags)
	return opts, err
}

func runTeardown(ctx context.Context, streams console.Streams, opts teardownOptions) error {
	if err := opts.Spec.CheckPool(); err != nil { // what is missing comes before what is to be confirmed
		return err
	}
	if err := opts.NeedsAnswer(streams); err != nil {
		return err
	}
	plan, err := planTeardown(ctx, streams, opts)
	if err != nil {
		return err
	}
	r := console.Result{DryRun: opts.DryRun, Changes: plan.Changes, Warnings: plan.Warnings}
	if unknown := plan.Unknown(ctx); unknown != nil {
		return endUnknown(ctx, streams, opts, r, unknown)
	}
	if opts.DryRun {
		return showDryRun(ctx, streams, opts.OutputOptions, r, teardownHeading(opts.Spec.Pool, plan),
			plan.HasChanges())
	}
	err = applyTeardown(ctx, streams, opts, plan, &r)
	if opts.Output == inputs.OutputJSON {
		if printErr := r.Print(ctx, streams.Out, err); printErr != nil {
			return printErr
		}
	}
	return err
}

func planTeardown(ctx context.Context, streams console.Streams, opts teardownOptions) (*provision.Teardown, error) {
	options, err := inputs.Connect(ctx, opts.Spec, streams, opts.Verbose)
	if opts.KeepPool && errors.Is(err, prefect.ErrNoAPIURL) {
		err = inputs.ConnectAWS(ctx, opts.Spec, &options, nil)
	}
	if err != nil {
		return nil, err
	}
	defer console.Looking(ctx, streams, opts.Verbose)()
	return provision.NewTeardown(ctx, provision.TeardownOptions{
		Options: options, KeepPool: opts.KeepPool, KeepLogs: opts.KeepLogs, Running: opts.Running,
		Limit: opts.WaitTimeout,
	})
}

func teardownHeading(pool string, plan *provision.Teardown) string {
	return fmt.Sprintf("Teardown of work pool %q, in AWS account %s, region %s:", pool, plan.Identity.Account,
		plan.Identity.Region)
}

// applyTeardown shows the plan, asks, removes, looks again and reports what is left.
func applyTeardown(ctx context.Context, streams console.Streams, opts teardownOptions, plan *provision.Teardown,
	r *console.Result) error {
	console.NewPlanPrinter(ctx, streams.Err, opts.Verbose).Print(
		teardownHeading(opts.Spec.Pool, plan), plan.Changes, nil, plan.Warnings)
	if err := plan.Refused(); err != nil {
		return err
	}
	if !plan.HasChanges() {
		return finishTeardown(streams, opts, r, nil)
	}
	if !opts.Yes {
		if err := console.ConfirmName(ctx, streams, "\nType the pool's name to remove all this:",
			opts.Spec.Pool); err != nil {
			return err
		}
	}
	console.Printf(streams.Err, "\n")
	progress := console.NewStepLines(ctx, streams.Err, opts.Verbose)
	var failed error
	r.Applied, failed = plan.Apply(ctx, progress)
	progress.Close()
	if ctx.Err() != nil {
		return failed
	}
	left, err := plan.Left(ctx)
	if err != nil {
		return errors.Join(failed, err)
	}
	r.Left = left
	return finishTeardown(streams, opts, r, failed)
}

// endUnknown says that nobody knows the pool, and which names are near. That is no failure: a
// teardown that is run again finds the same.
func endUnknown(ctx context.Context, streams console.Streams, opts teardownOptions, r console.Result,
	unknown error) error {
	if !errors.Is(unknown, provision.ErrNoSuchPool) {
		return unknown
	}
	r.Warnings = append(append(r.Warnings, unknown.Error()), hint.Of(unknown)...)
	if opts.Output == inputs.OutputJSON {
		return r.Print(ctx, streams.Out, nil)
	}
	console.Printf(streams.Out, "%s: nothing was removed\n", unknown)
	for _, advice := range hint.Of(unknown) {
		console.Printf(streams.Err, "ecsctl: fix: %s\n", advice)
	}
	return nil
}

// finishTeardown lists what is left: by choice, which is fine, or in spite of the
// attempt to remove it, which is not.
func finishTeardown(streams console.Streams, opts teardownOptions, r *console.Result, failed error) error {
	var still []string
	for _, c := range r.Left {
		if c.Action == provision.Leave {
			continue
		}
		still = append(still, fmt.Sprintf("%s %s", c.Kind, c.Name))
	}
	if len(still) > 0 {
		return errors.Join(failed, fmt.Errorf("still there: %s", strings.Join(still, ", ")))
	}
	if failed == nil && opts.Output == inputs.OutputText {
		console.Printf(streams.Out, "work pool %q: nothing that ecsctl made is left\n", opts.Spec.Pool)
	}
	return failed
}
