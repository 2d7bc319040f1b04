package workercmd

import (
	"context"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/internal/buildinfo"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

const workerImagePushDescription = `Example:

   ecsctl worker image push --pool my-ecs-pool
   ecsctl worker image push --pool my-ecs-pool --binary ecsctl-amd64 --binary ecsctl-arm64

Makes the worker's image as build does and takes it to the pool's repository in ECR, which
is created when missing, with the account's own credentials and without Docker. What is
there already is not pushed again. bootstrap does the same; push is for before it, and for
an image for both architectures. It prints the reference to give to --image.`

type workerImagePushOptions struct {
	Spec     spec.Spec
	Binaries []string
	Output   string
	Verbose  bool
}

// pushFlags are the settings that a push needs, from ecsctl.yaml as well.
func pushFlags() []inputs.SpecFlag {
	return inputs.PickFlags(append(append(inputs.PlaceFlags(), inputs.ResourceFlags()...), inputs.NameFlags()...),
		"pool", "region", "profile", "repository-name", "tag")
}

func workerImagePushCommand(streams console.Streams) *cli.Command {
	flags := pushFlags()
	return &cli.Command{
		Name:         "push",
		Usage:        "make the image and push it to the pool's repository in ECR",
		Description:  workerImagePushDescription,
		OnUsageError: console.UsageError,
		Flags: append(inputs.CliFlags(flags), binaryFlag(), inputs.ConfigFlag(),
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: inputs.OutputText, Usage: "text or json",
				EnvVars: inputs.Env("output")},
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say more about what is done",
				EnvVars: inputs.Env("verbose")}),
		Action: func(c *cli.Context) error {
			opts, err := readWorkerImagePushOptions(c, flags)
			if err != nil {
				return err
			}
			return runWorkerImagePush(c.Context, streams, opts)
		},
	}
}

func readWorkerImagePushOptions(c *cli.Context, flags []inputs.SpecFlag) (opts workerImagePushOptions, err error) {
	if err := console.NoArguments(c); err != nil {
		return opts, err
	}
	opts = workerImagePushOptions{
		Binaries: inputs.Given(c, "binary"), Output: c.String("output"), Verbose: c.Bool("verbose"),
	}
	if opts.Output != inputs.OutputText && opts.Output != inputs.OutputJSON {
		return opts, console.Usagef("--output %q: use text or json", opts.Output)
	}
	if opts.Spec, err = inputs.ReadSpec(c, flags); err != nil {
		return opts, err
	}
	if binary := opts.Spec.Worker.Binary; binary != "" && len(opts.Binaries) == 0 {
		opts.Binaries = []string{binary} // of ecsctl.yaml
	}
	return opts, opts.Spec.CheckPool()
}

func runWorkerImagePush(ctx context.Context, streams console.Streams, opts workerImagePushOptions) error {
	binaries, err := readBinaries(opts.Binaries)
	if err != nil {
		return err
	}
	options := provision.Options{
		Version: buildinfo.Version(), Logger: inputs.NewLogger(streams.Err, opts.Verbose),
		PollInterval: inputs.PollInterval,
	}
	if err := inputs.ConnectAWS(ctx, opts.Spec, &options, nil); err != nil {
		return err
	}
	pushed, err := provision.PushImage(ctx, options, binaries)
	if err != nil {
		return err
	}
	r := imageResult{Reference: pushed.Reference, Digest: pushed.Digest, Tag: pushed.Tag, Pushed: new(bool)}
	if c := pushed.Repository; c.Action == provision.Create {
		console.Printf(streams.Err, "created %s %s\n", c.Kind, c.Name)
	}
	if pushed.Made == nil {
		console.Printf(streams.Err, "the image is there already, as %s\n", pushed.Tag)
	} else {
		r.describe(pushed.Made)
		*r.Pushed = true
		console.Printf(streams.Err, "pushed %s as %s\n", Megabytes(pushed.Made.Size), pushed.Tag)
	}
	return r.Print(ctx, streams.Out, opts.Output)
}
