package demo

import (
	"context"
	"errors"
	"maps"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/internal/hint"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

const sandboxDescription = `Example:

   ecsctl sandbox
   ecsctl sandbox -- ecsctl bootstrap --pool my-ecs-pool --yes
   ecsctl sandbox --venv .venv --fault ecs:RunTask=throttle,times=3 --quota ecs:RunTask=20/s,burst=100

Plays an AWS account and a Prefect API on this machine: in memory, on loopback, empty at
first and forgotten at the end. ECS tasks run as local processes. Without a command it
prints the environment to export and runs until Ctrl-C; with one it runs the command in
that environment and exits with its exit code. What it does not implement it refuses by
name. Faults and quotas can be changed while it runs: see docs/sandbox.md.`

type sandboxOptions struct {
	Region         string
	Port           int
	PrefectAPIURL  string
	PrefectVersion string
	EnforceIAM     bool
	Images         map[string]string
	Volumes        []string // absolute paths
	Faults         []fault.Fault
	Quotas         []fault.Quota
	Command        []string
}

const inImages = "Images"

// SandboxCommand returns the sandbox command.
func SandboxCommand(streams console.Streams) *cli.Command {
	return &cli.Command{
		Name:         "sandbox",
		Usage:        "play AWS and Prefect on this machine",
		ArgsUsage:    "[-- COMMAND...]",
		Description:  sandboxDescription,
		OnUsageError: console.UsageError,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "region", Usage: "AWS `REGION` that is played", Value: "us-east-1",
				Category: inputs.InAWS, EnvVars: inputs.Env("region")},
			&cli.IntFlag{Name: "port", Usage: "`PORT` to listen on, on loopback", DefaultText: "a free one"},
			&cli.BoolFlag{Name: "enforce-iam", Usage: "let users, roles and tasks do only what their policies allow; " +
				"the account's own key may do everything", Value: true, Category: inputs.InAWS},
			&cli.GenericFlag{Name: "fault", Value: &inputs.Repeated{},
				Usage: "`SPEC` of a fault, such as ecs:RunTask=throttle,times=3; may be repeated"},
			&cli.GenericFlag{Name: "quota", Value: &inputs.Repeated{},
				Usage: "`SPEC` of a limit, such as ecs:RunTask=20/s,burst=100 or fargate:vcpu=6; may be repeated"},
			&cli.GenericFlag{Name: "image", Value: &inputs.Repeated{},
				Usage: "`PATTERN=DIR`: containers of images like PATTERN find their programs in DIR; may be " +
					"repeated",
				Category: inImages},
			&cli.GenericFlag{Name: "volume", Value: &inputs.Repeated{},
				Usage: "`PATH` of this machine that containers see and may write; may be repeated", Category: inImages},
			&cli.StringFlag{Name: "venv", Usage: "virtual environment `DIR` that stands in for the images " +
				"prefecthq/prefect* (default: where prefect is on PATH)", Category: inImages},
			&cli.StringFlag{Name: "prefect-api-url",
				Usage: "`URL` of a real Prefect API to use in place of the played one", Category: inputs.InPrefect},
			&cli.StringFlag{Name: "prefect-version", Usage: "`VERSION` of the Prefect server that is played",
				Value: "3.8.8", Category: inputs.InPrefect},
		},
		Action: func(c *cli.Context) error {
			opts, err := readSandboxOptions(c)
			if err != nil {
				return err
			}
			return runSandbox(c.Context, streams, opts)
		},
	}
}

func readSandboxOptions(c *cli.Context) (opts sandboxOptions, err error) {
	opts = sandboxOptions{
		Region: c.String("region"), Port: c.Int("port"), Command: c.Args().Slice(),
		EnforceIAM: c.Bool("enforce-iam"), PrefectAPIURL: c.String("prefect-api-url"),
		PrefectVersion: c.String("prefect-version"),
	}
	if opts.PrefectAPIURL != "" && c.IsSet("prefect-version") {
		return opts, console.Usagef(
			"--prefect-version is that of the played server: it does not go with --prefect-api-url")
	}
	if opts.Port < 0 || opts.Port > 65535 {
		return opts, console.Usagef("--port %d: use a number up to 65535", opts.Port)
	}
	for _, spec := range inputs.Given(c, "fault") {
		fault, err := fault.ParseFault(spec)
		if err != nil {
			return opts, console.Usagef("--fault: %w", err)
		}
		opts.Faults = append(opts.Faults, fault)
	}
	for _, spec := range inputs.Given(c, "quota") {
		quota, err := fault.ParseQuota(spec)
		if err != nil {
			return opts, console.Usagef("--quota: %w", err)
		}
		opts.Quotas = append(opts.Quotas, quota)
	}
	if opts.PrefectAPIURL != "" && opts.faultsPrefect() {
		return opts, console.Usagef(
			"faults and quotas of prefect are those of the played server: they do not go with --prefect-api-url")
	}
	if opts.Images, err = sandboxImages(c.String("venv"), inputs.Given(c, "image")); err != nil {
		return opts, err
	}
	opts.Volumes, err = sandboxVolumes(inputs.Given(c, "volume"))
	return opts, err
}

func (o sandboxOptions) faultsPrefect() bool {
	return slices.ContainsFunc(o.Faults, func(f fault.Fault) bool { return f.Service == fault.PrefectService }) ||
		slices.ContainsFunc(o.Quotas, func(q fault.Quota) bool { return q.Service == fault.PrefectService })
}

func runSandbox(ctx context.Context, streams console.Streams, opts sandboxOptions) (err error) {
	server, err := sandbox.Start(sandbox.Options{
		Region: opts.Region, Port: opts.Port, EnforceIAM: opts.EnforceIAM, Images: opts.Images, Faults: opts.Faults,
		Quotas: opts.Quotas, Volumes: opts.Volumes,
		ContainerEnvironment: ownHealthPort, PrefectVersion: opts.PrefectVersion,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	// A terminal that is closed ends it as Ctrl-C does.
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP)
	defer stop()
	place := sandboxPlace(server, opts.PrefectAPIURL)
	if len(opts.Command) > 0 {
		return runInSandbox(ctx, streams, server, place, opts.Command)
	}
	announceSandbox(streams, server, opts, place)
	<-ctx.Done()
	return nil
}

func runInSandbox(ctx context.Context, streams console.Streams, server *sandbox.Server, place place,
	command []string) error {
	code, err := server.Run(ctx, sandbox.Command{
		Args: command, Env: place.over(os.Environ()), In: streams.In, Out: console.Exact(streams.Out),
		Err: console.Exact(streams.Err),
	})
	var missing *sandbox.CommandNotFoundError
	switch {
	case errors.As(err, &missing):
		return hint.Add(console.Usagef("there is no program %q on PATH", missing.Command),
			"the command comes after --, such as: ecsctl sandbox -- aws ecs list-clusters")
	case err != nil:
		return err
	case code != 0:
		return console.CommandExit{Code: code}
	}
	return nil
}

// announceSandbox prints the environment as the result, and to whom it may concern the
// rest.
func announceSandbox(streams console.Streams, server *sandbox.Server, opts sandboxOptions, place place) {
	console.Printf(streams.Err, "AWS account 123456789012 in %s: %s\n", opts.Region, server.URL())
	if opts.PrefectAPIURL == "" {
		console.Printf(streams.Err, "Prefect %s: %s\n", opts.PrefectVersion, server.PrefectAPIURL())
	} else {
		console.Printf(streams.Err, "Prefect: %s (real)\n", opts.PrefectAPIURL)
	}
	for _, pattern := range slices.Sorted(maps.Keys(opts.Images)) {
		console.Printf(streams.Err, "image %s: the programs in %s\n", pattern, opts.Images[pattern])
	}
	if len(opts.Images) == 0 {
		console.Printf(streams.Err, "no image can be pulled: prefect is not on PATH, see --venv and --image\n")
	}
	for _, path := range opts.Volumes {
		console.Printf(streams.Err, "volume %s: containers see it and may write it\n", path)
	}
	if err := sandbox.OwnRoots(); err != nil {
		console.Printf(streams.Err, "containers see the files of this machine, as in AWS they do not: %v\n", err)
	}
	console.Printf(streams.Err, "faults: %s\nquotas: %s\n\nexport this in the shells that are to use it; Ctrl-C ends "+
		"it and forgets everything\n\n", server.FaultsURL(), server.QuotasURL())
	place.Print(streams.Out)
}
