package commands

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"ecsctl/image"
	"ecsctl/internal/shellword"
	"ecsctl/provision"
)

const bootstrapDescription = `Example:

   ecsctl bootstrap --pool my-ecs-pool --dry-run
   ecsctl bootstrap --pool my-ecs-pool --yes
   ecsctl bootstrap

Makes what Prefect's ECS Worker Guide has a person make by hand: the trust policy, an
execution role and a role for the worker, the secret with the API key, a log group, a
security group, the cluster if there is none, the worker's task definition, the work
pool with its defaults, and the Fargate service. Then it waits until the worker is
online. Running it again changes nothing; after a failure or a crash it goes on.

On a terminal and without --pool it asks for what was not given, with good defaults
throughout, and shows the plan and the command that does the same. Without a terminal it
asks nothing: what is missing is an error that names the flag.`

type bootstrapOptions struct {
	outputOptions
	Spec        provision.Spec
	WaitTimeout time.Duration
	NoWait      bool
	// Wizard asks for everything that was not given, NoWizard asks nothing.
	Wizard, NoWizard bool
	// Accessible asks line by line.
	Accessible bool
	// Config is the file that the settings were read from; empty is the default one.
	Config string
	// Save is a file to write the settings to.
	Save string

	planShown, saved bool // the wizard has done it
}

func (o bootstrapOptions) configPath() string { return cmp.Or(o.Save, o.Config, defaultConfig) }

func bootstrapFlags() []specFlag {
	return append(append(placeFlags(), resourceFlags()...), nameFlags()...)
}

func bootstrapCommand(streams Streams) *cli.Command {
	flags := bootstrapFlags()
	return &cli.Command{
		Name:         "bootstrap",
		Usage:        "create a work pool and a worker for it in AWS",
		Description:  bootstrapDescription,
		OnUsageError: usageError,
		Flags: append(append(cliFlags(flags), outputFlags()...),
			&cli.BoolFlag{Name: "no-wait", Usage: "do not wait until the worker is online", EnvVars: env("no-wait")},
			&cli.BoolFlag{Name: "wizard", Usage: "ask for everything that is not given, also when the pool is", EnvVars: env("wizard")},
			&cli.BoolFlag{Name: "no-wizard", Usage: "ask for nothing: without --pool it is an error, on a terminal too", EnvVars: env("no-wizard")},
			&cli.BoolFlag{Name: "accessible", Usage: "ask line by line, for screen readers; ACCESSIBLE=1 does it too", EnvVars: env("accessible")},
			&cli.StringFlag{Name: "save", Usage: "write the settings to `FILE`, such as ecsctl.yaml, before anything is done; a file that exists is not overwritten", EnvVars: env("save")}),
		Action: func(c *cli.Context) error {
			opts, err := readBootstrapOptions(c, flags)
			if err != nil {
				return err
			}
			return runBootstrap(c.Context, streams, opts)
		},
	}
}

func readBootstrapOptions(c *cli.Context, flags []specFlag) (opts bootstrapOptions, err error) {
	if err := noArguments(c); err != nil {
		return opts, err
	}
	if opts.outputOptions, err = readOutputOptions(c); err != nil {
		return opts, err
	}
	opts.WaitTimeout, opts.NoWait = c.Duration("wait-timeout"), c.Bool("no-wait")
	opts.Wizard, opts.NoWizard, opts.Accessible = c.Bool("wizard"), c.Bool("no-wizard"), accessible(c.Bool("accessible"))
	opts.Config, opts.Save = c.String("config"), c.String("save")
	if opts.Wizard && opts.NoWizard {
		return opts, usagef("--wizard and --no-wizard do not go together")
	}
	opts.Spec, err = readSpec(c, flags)
	return opts, err
}

func runBootstrap(ctx context.Context, streams Streams, opts bootstrapOptions) error {
	if err := opts.needsAnswer(streams); err != nil {
		return err
	}
	plan, opts, err := askOrPlan(ctx, streams, opts)
	if errors.Is(err, errSavedOnly) {
		return nil
	}
	if err != nil {
		return err
	}
	r := result{
		Command: "bootstrap", DryRun: opts.DryRun, Identity: plan.Identity, Pool: opts.Spec.Pool,
		Changes: plan.Changes, Warnings: plan.Warnings,
	}
	if opts.DryRun {
		return showDryRun(streams, opts.outputOptions, r, bootstrapHeading(opts.Spec.Pool, plan), plan.HasChanges())
	}
	err = applyBootstrap(ctx, streams, opts, plan, &r)
	if opts.Output == outputJSON {
		if printErr := r.print(streams.Out, err); printErr != nil {
			return printErr
		}
	}
	return err
}

// askOrPlan returns the plan of what was given or, where questions are asked, of what
// was answered.
func askOrPlan(ctx context.Context, streams Streams, opts bootstrapOptions) (plan *provision.Bootstrap, _ bootstrapOptions, err error) {
	if opts.asksQuestions(streams) {
		if plan, opts, err = newWizard(streams, opts).run(ctx); err != nil {
			return nil, opts, err
		}
	} else if plan, err = planBootstrap(ctx, streams, opts); err != nil {
		return nil, opts, err
	}
	if opts.Save != "" && !opts.saved {
		err = saveSpec(opts.Save, opts.Spec, false)
	}
	return plan, opts, err
}

func planBootstrap(ctx context.Context, streams Streams, opts bootstrapOptions) (*provision.Bootstrap, error) {
	if err := opts.Spec.CheckPool(); err != nil {
		return nil, err
	}
	spec, binary, err := useBinary(opts.Spec)
	if err != nil {
		return nil, err
	}
	options, err := connect(ctx, spec, streams, opts.Verbose)
	if err != nil {
		return nil, err
	}
	options.Spec, options.Binary = options.Spec.WithDefaults(), binary
	if err := options.Spec.Validate(); err != nil {
		return nil, err
	}
	return provision.NewBootstrap(ctx, options)
}

// useBinary reads what goes into the worker's image: this program, unless the user
// names another.
func useBinary(spec provision.Spec) (provision.Spec, *image.Binary, error) {
	if spec.Worker.Binary == "" {
		path, err := thisProgram()
		if err != nil {
			return spec, nil, err
		}
		spec.Worker.Binary = path
	}
	return spec.UseBinary()
}

func bootstrapHeading(pool string, plan *provision.Bootstrap) string {
	return fmt.Sprintf("Work pool %q on %s, in AWS account %s, region %s:", pool, plan.Server, plan.Identity.Account, plan.Identity.Region)
}

// showDryRun prints a plan as the result of the command.
func showDryRun(streams Streams, opts outputOptions, r result, heading string, changes bool) error {
	if opts.Output == outputJSON {
		if err := r.print(streams.Out, nil); err != nil {
			return err
		}
	} else {
		newPlanPrinter(streams.Out).print(heading, r.Changes, r.Warnings)
	}
	if changes && opts.DetailedExitCode {
		return errChanges
	}
	return nil
}

// applyBootstrap shows the plan, asks, carries it out and waits for the worker.
func applyBootstrap(ctx context.Context, streams Streams, opts bootstrapOptions, plan *provision.Bootstrap, r *result) error {
	if !opts.planShown {
		newPlanPrinter(streams.Err).print(bootstrapHeading(opts.Spec.Pool, plan), plan.Changes, plan.Warnings)
	}
	if plan.HasChanges() {
		if !opts.Yes {
			if err := confirm(ctx, streams, fmt.Sprintf("\nMake these changes in account %s?", plan.Identity.Account)); err != nil {
				return err
			}
		}
		printf(streams.Err, "\n")
		progress := newStepLines(streams.Err, opts.Verbose)
		var err error
		r.Applied, err = plan.Apply(ctx, progress)
		progress.Close()
		if err != nil {
			return err
		}
	}
	if opts.NoWait {
		return finishBootstrap(streams, opts, "the service is set up; whether its worker is online was not waited for")
	}
	progress := newStepLines(streams.Err, opts.Verbose)
	worker, err := plan.WaitForWorker(ctx, opts.WaitTimeout, progress)
	progress.Close()
	if err != nil {
		return err
	}
	r.Worker = &worker
	return finishBootstrap(streams, opts, fmt.Sprintf("worker %q is %s", worker.Name, worker.Status))
}

// finishBootstrap says what was reached, as the result, and what to type next.
func finishBootstrap(streams Streams, opts bootstrapOptions, reached string) error {
	if opts.Output == outputText {
		printf(streams.Out, "work pool %q: %s\n", opts.Spec.Pool, reached)
	}
	printf(streams.Err, "next: ecsctl deploy my_flow.py:my_flow --pool %s --run\n", shellword.Quote(opts.Spec.Pool))
	return nil
}
