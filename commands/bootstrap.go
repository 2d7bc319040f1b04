package commands

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/commands/wizard"
	"ecsctl/internal/shellword"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

const bootstrapDescription = `Example:

   ecsctl bootstrap --pool my-ecs-pool --dry-run
   ecsctl bootstrap --pool my-ecs-pool --yes
   ecsctl bootstrap

Makes what Prefect's ECS Worker Guide has a person make by hand, from the roles to the
Fargate service, and waits until the worker is online. Running it again changes nothing;
after a failure or a crash it goes on.

On a terminal and without --pool it asks for what was not given, and shows the plan and the
command that does the same. Without a terminal it asks nothing: what is missing is an error
that names the flag.`

func bootstrapCommand(streams console.Streams) *cli.Command {
	flags := inputs.BootstrapFlags()
	return console.Shortens(&cli.Command{
		Name:         "bootstrap",
		Usage:        "create a work pool and a worker for it in AWS",
		Description:  bootstrapDescription,
		OnUsageError: console.UsageError,
		Flags: append(append(inputs.CliFlags(flags), inputs.OutputFlags()...),
			&cli.BoolFlag{Name: "no-wait", Usage: "do not wait until the worker is online",
				EnvVars: inputs.Env("no-wait")},
			&cli.BoolFlag{Name: "wizard", Usage: "ask for everything that is not given, even when --pool is",
				EnvVars: inputs.Env("wizard")},
			&cli.BoolFlag{Name: "no-wizard", Usage: "ask for nothing: without --pool it is an error, on a terminal too",
				EnvVars: inputs.Env("no-wizard")},
			&cli.BoolFlag{Name: "accessible", Usage: "ask line by line, for screen readers; ACCESSIBLE=1 does it too",
				EnvVars: inputs.Env("accessible")},
			&cli.StringFlag{Name: "save", Usage: "write the settings to `FILE`, such as ecsctl.yaml, before anything " +
				"is done; a file that exists is not overwritten", EnvVars: inputs.Env("save")}),
		Action: func(c *cli.Context) error {
			opts, err := readBootstrapOptions(c, flags)
			if err != nil {
				return err
			}
			return runBootstrap(c.Context, streams, opts)
		},
	}, "region", "profile", "cluster", "tag", "vpc", "subnet", "security-group", "prefect-api-url", "prefect-profile",
		"prefect-api-key-file", "prefect-api-key-secret", "runtime", "cpu", "memory", "limit", "desired-count",
		"flow-run-cpu", "flow-run-memory", "flow-run-image", "flow-policy", "job-variable")
}

func readBootstrapOptions(c *cli.Context, flags []inputs.SpecFlag) (opts wizard.BootstrapOptions, err error) {
	if err := console.NoArguments(c); err != nil {
		return opts, err
	}
	if opts.OutputOptions, err = inputs.ReadOutputOptions(c); err != nil {
		return opts, err
	}
	opts.WaitTimeout, opts.NoWait = c.Duration("wait-timeout"), c.Bool("no-wait")
	opts.Wizard, opts.NoWizard, opts.Accessible = c.Bool("wizard"), c.Bool("no-wizard"),
		console.Accessible(c.Bool("accessible"))
	opts.Config, opts.Save = c.String("config"), c.String("save")
	if opts.Wizard && opts.NoWizard {
		return opts, console.Usagef("--wizard and --no-wizard cannot be used together")
	}
	opts.Spec, err = inputs.ReadSpec(c, flags)
	return opts, err
}

func runBootstrap(ctx context.Context, streams console.Streams, opts wizard.BootstrapOptions) error {
	if !opts.AsksQuestions(streams) { // what is missing or wrong comes before what is to be confirmed
		if err := checkGiven(opts.Spec); err != nil {
			return err
		}
	}
	if err := opts.NeedsAnswer(streams); err != nil {
		return err
	}
	plan, opts, err := askOrPlan(ctx, streams, opts)
	if errors.Is(err, wizard.ErrSavedOnly) {
		return nil
	}
	if err != nil {
		return err
	}
	console.ReportingOf(ctx).SetPool(opts.Spec.Pool) // the wizard may have asked for it, and with what AWS is asked
	console.ReportingOf(ctx).SetClients(plan.Clients())
	cost := plan.Cost()
	r := console.Result{DryRun: opts.DryRun, Changes: plan.Changes, Cost: &cost, Warnings: plan.Warnings}
	if opts.DryRun {
		return showDryRun(ctx, streams, opts.OutputOptions, r, console.BootstrapHeading(opts.Spec.Pool, plan),
			plan.HasChanges())
	}
	err = applyBootstrap(ctx, streams, opts, plan, &r)
	if opts.Output == inputs.OutputJSON {
		if printErr := r.Print(ctx, streams.Out, err); printErr != nil {
			return printErr
		}
	}
	return err
}

// checkGiven checks what was given before anything is looked for. Only the region may be unknown.
func checkGiven(s spec.Spec) error {
	if err := s.CheckPool(); err != nil {
		return err
	}
	return s.WithDefaults().Validate()
}

// askOrPlan returns the plan of what was given or, where questions are asked, of what
// was answered.
func askOrPlan(ctx context.Context, streams console.Streams,
	opts wizard.BootstrapOptions) (plan *provision.Bootstrap, _ wizard.BootstrapOptions, err error) {
	if opts.AsksQuestions(streams) {
		if plan, opts, err = wizard.New(streams, opts).Run(ctx); err != nil {
			return nil, opts, err
		}
	} else if plan, err = planBootstrap(ctx, streams, opts); err != nil {
		return nil, opts, err
	}
	if opts.Save != "" && !opts.Saved {
		err = inputs.SaveSpec(opts.Save, opts.Spec, false)
	}
	return plan, opts, err
}

func planBootstrap(ctx context.Context, streams console.Streams,
	opts wizard.BootstrapOptions) (*provision.Bootstrap, error) {
	spec, binary, err := inputs.UseBinary(opts.Spec)
	if err != nil {
		return nil, err
	}
	options, err := inputs.Connect(ctx, spec, streams, opts.Verbose)
	if err != nil {
		return nil, err
	}
	options.Spec, options.Binary = options.Spec.WithDefaults(), binary
	if err := options.Spec.Validate(); err != nil {
		return nil, err
	}
	defer console.Looking(ctx, streams, opts.Verbose)()
	return opts.Plan(ctx, options)
}

// showDryRun prints a plan as the result of the command.
func showDryRun(ctx context.Context, streams console.Streams, opts inputs.OutputOptions, r console.Result,
	heading string, changes bool) error {
	if opts.Output == inputs.OutputJSON {
		if err := r.Print(ctx, streams.Out, nil); err != nil {
			return err
		}
	} else {
		console.NewPlanPrinter(ctx, streams.Out, opts.Verbose).Print(heading, r.Changes, r.Cost, r.Warnings)
	}
	if changes && opts.DetailedExitCode {
		return console.ErrChanges
	}
	return nil
}

// applyBootstrap shows the plan, asks, carries it out and waits for the worker.
func applyBootstrap(ctx context.Context, streams console.Streams, opts wizard.BootstrapOptions,
	plan *provision.Bootstrap, r *console.Result) error {
	if !opts.PlanShown {
		console.NewPlanPrinter(ctx, streams.Err, opts.Verbose).Print(
			console.BootstrapHeading(opts.Spec.Pool, plan), plan.Changes, r.Cost, plan.Warnings)
	}
	if plan.HasChanges() {
		if !opts.Yes {
			if err := console.Confirm(ctx, streams, fmt.Sprintf("\nMake these changes in account %s?",
				plan.Identity.Account)); err != nil {
				return err
			}
		}
		console.Printf(streams.Err, "\n")
		progress := console.NewStepLines(ctx, streams.Err, opts.Verbose)
		var err error
		r.Applied, err = plan.Apply(ctx, progress)
		progress.Close()
		if err != nil {
			return err
		}
	}
	defer warnOfDeployments(ctx, streams, opts.Spec.Pool, plan)
	if count := opts.Spec.Worker.DesiredCount; count != nil && *count == 0 {
		return finishBootstrap(streams, opts, "the service is set up and runs no worker, as --desired-count 0 says")
	}
	if opts.NoWait {
		return finishBootstrap(streams, opts, "the service is set up; not waiting for its worker")
	}
	progress := console.NewStepLines(ctx, streams.Err, opts.Verbose)
	worker, err := plan.WaitForWorker(ctx, opts.WaitTimeout, progress)
	progress.Close()
	if err != nil {
		return err
	}
	r.Worker = &worker
	return finishBootstrap(streams, opts, fmt.Sprintf("worker %q is %s", worker.Name, worker.Status))
}

// finishBootstrap says what was reached, as the result, and what to type next.
func finishBootstrap(streams console.Streams, opts wizard.BootstrapOptions, reached string) error {
	if opts.Output == inputs.OutputText {
		console.Printf(streams.Out, "work pool %q: %s\n", opts.Spec.Pool, reached)
	}
	console.Printf(streams.Err, "next: ecsctl deploy my_flow.py:my_flow --pool %s --run\n",
		shellword.Quote(opts.Spec.Pool))
	return nil
}
