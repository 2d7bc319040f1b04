package commands

import (
	"context"
	"errors"
	"maps"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/urfave/cli/v2"

	"ecsctl/internal/hint"
	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
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
	Faults         []sandbox.Fault
	Quotas         []sandbox.Quota
	Command        []string
}

const inImages = "Images"

func sandboxCommand(streams Streams) *cli.Command {
	return &cli.Command{
		Name:         "sandbox",
		Usage:        "play AWS and Prefect on this machine",
		ArgsUsage:    "[-- COMMAND...]",
		Description:  sandboxDescription,
		OnUsageError: usageError,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "region", Usage: "AWS `REGION` that is played", Value: "us-east-1", Category: inAWS, EnvVars: env("region")},
			&cli.IntFlag{Name: "port", Usage: "`PORT` to listen on, on loopback", DefaultText: "a free one"},
			&cli.BoolFlag{Name: "enforce-iam", Usage: "let users, roles and tasks do only what their policies allow; the account's own key may do everything", Value: true, Category: inAWS},
			&cli.GenericFlag{Name: "fault", Value: &repeated{}, Usage: "`SPEC` of a fault, such as ecs:RunTask=throttle,times=3; may be repeated"},
			&cli.GenericFlag{Name: "quota", Value: &repeated{}, Usage: "`SPEC` of a limit, such as ecs:RunTask=20/s,burst=100 or fargate:vcpu=6; may be repeated"},
			&cli.GenericFlag{Name: "image", Value: &repeated{}, Usage: "`PATTERN=DIR`: containers of images like PATTERN find their programs in DIR; may be repeated", Category: inImages},
			&cli.StringFlag{Name: "venv", Usage: "virtual environment `DIR` that stands in for the images prefecthq/prefect* (default: where prefect is on PATH)", Category: inImages},
			&cli.StringFlag{Name: "prefect-api-url", Usage: "`URL` of a real Prefect API to use in place of the played one", Category: inPrefect},
			&cli.StringFlag{Name: "prefect-version", Usage: "`VERSION` of the Prefect server that is played", Value: "3.8.8", Category: inPrefect},
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
		EnforceIAM: c.Bool("enforce-iam"), PrefectAPIURL: c.String("prefect-api-url"), PrefectVersion: c.String("prefect-version"),
	}
	if opts.PrefectAPIURL != "" && c.IsSet("prefect-version") {
		return opts, usagef("--prefect-version is that of the played server: it does not go with --prefect-api-url")
	}
	if opts.Port < 0 || opts.Port > 65535 {
		return opts, usagef("--port %d: it is a number up to 65535", opts.Port)
	}
	for _, spec := range given(c, "fault") {
		fault, err := sandbox.ParseFault(spec)
		if err != nil {
			return opts, usagef("--fault: %w", err)
		}
		opts.Faults = append(opts.Faults, fault)
	}
	for _, spec := range given(c, "quota") {
		quota, err := sandbox.ParseQuota(spec)
		if err != nil {
			return opts, usagef("--quota: %w", err)
		}
		opts.Quotas = append(opts.Quotas, quota)
	}
	if opts.PrefectAPIURL != "" && opts.faultsPrefect() {
		return opts, usagef("faults and quotas of prefect are those of the played server: they do not go with --prefect-api-url")
	}
	opts.Images, err = sandboxImages(c.String("venv"), given(c, "image"))
	return opts, err
}

func (o sandboxOptions) faultsPrefect() bool {
	return slices.ContainsFunc(o.Faults, func(f sandbox.Fault) bool { return f.Service == sandbox.PrefectService }) ||
		slices.ContainsFunc(o.Quotas, func(q sandbox.Quota) bool { return q.Service == sandbox.PrefectService })
}

func runSandbox(ctx context.Context, streams Streams, opts sandboxOptions) (err error) {
	server, err := sandbox.Start(sandbox.Options{
		Region: opts.Region, Port: opts.Port, EnforceIAM: opts.EnforceIAM, Images: opts.Images, Faults: opts.Faults, Quotas: opts.Quotas,
		ContainerEnvironment: ownHealthPort, PrefectAPI: prefectapi.New(prefectapi.WithVersion(opts.PrefectVersion)),
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

func runInSandbox(ctx context.Context, streams Streams, server *sandbox.Server, place place, command []string) error {
	code, err := server.Run(ctx, sandbox.Command{
		Args: command, Env: place.over(os.Environ()), In: streams.In, Out: streams.Out, Err: streams.Err,
	})
	var missing *sandbox.CommandNotFoundError
	switch {
	case errors.As(err, &missing):
		return hint.Add(usagef("there is no program %q on PATH", missing.Command), "the command comes after --, such as: ecsctl sandbox -- aws ecs list-clusters")
	case err != nil:
		return err
	case code != 0:
		return commandExit{code}
	}
	return nil
}

// announceSandbox prints the environment as the result, and to whom it may concern the
// rest.
func announceSandbox(streams Streams, server *sandbox.Server, opts sandboxOptions, place place) {
	printf(streams.Err, "AWS account 123456789012 in %s: %s\n", opts.Region, server.URL())
	if opts.PrefectAPIURL == "" {
		printf(streams.Err, "Prefect %s: %s\n", opts.PrefectVersion, server.PrefectAPIURL())
	} else {
		printf(streams.Err, "Prefect: %s (real)\n", opts.PrefectAPIURL)
	}
	for _, pattern := range slices.Sorted(maps.Keys(opts.Images)) {
		printf(streams.Err, "image %s: the programs in %s\n", pattern, opts.Images[pattern])
	}
	if len(opts.Images) == 0 {
		printf(streams.Err, "no image can be pulled: prefect is not on PATH, see --venv and --image\n")
	}
	printf(streams.Err, "faults: %s\nquotas: %s\n\nexport this in the shells that are to use it; Ctrl-C ends it and forgets everything\n\n", server.FaultsURL(), server.QuotasURL())
	place.print(streams.Out)
}
