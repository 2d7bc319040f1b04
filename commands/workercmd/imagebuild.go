package workercmd

import (
	"context"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/image"
)

const workerImageBuildDescription = `Example:

   ecsctl worker image build --output-file ecsctl.tar && docker load -i ecsctl.tar
   ecsctl worker image build --binary ecsctl-amd64 --binary ecsctl-arm64 --oci-layout image

Makes the worker's image from an ecsctl for Linux, this program by default: one layer with
the binary, no shell, a user without rights. It needs neither Docker nor a network. The same
binary is always the same digest. Without a place to write to, it only says which one.`

type workerImageBuildOptions struct {
	Binaries   []string
	OutputFile string
	OCILayout  string
	Output     string
}

func workerImageBuildCommand(streams console.Streams) *cli.Command {
	return &cli.Command{
		Name:         "build",
		Usage:        "make the image and write it to a file or an OCI layout",
		Description:  workerImageBuildDescription,
		OnUsageError: console.UsageError,
		Flags: []cli.Flag{
			binaryFlag(),
			&cli.StringFlag{Name: "output-file",
				Usage: "`FILE` to write, for docker load, podman load, crane push and skopeo (oci-archive)"},
			&cli.StringFlag{Name: "oci-layout",
				Usage: "`DIR` to make and to write an OCI layout into, for crane push and skopeo (oci)"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: inputs.OutputText, Usage: "text or json",
				EnvVars: inputs.Env("output")},
		},
		Action: func(c *cli.Context) error {
			opts, err := readWorkerImageBuildOptions(c)
			if err != nil {
				return err
			}
			return runWorkerImageBuild(c.Context, streams, opts)
		},
	}
}

func readWorkerImageBuildOptions(c *cli.Context) (workerImageBuildOptions, error) {
	opts := workerImageBuildOptions{
		Binaries: inputs.Given(c, "binary"), OutputFile: c.String("output-file"), OCILayout: c.String("oci-layout"),
		Output: c.String("output"),
	}
	if err := console.NoArguments(c); err != nil {
		return opts, err
	}
	switch {
	case opts.Output != inputs.OutputText && opts.Output != inputs.OutputJSON:
		return opts, console.Usagef("--output %q: use text or json", opts.Output)
	case len(opts.Binaries) > 1 && opts.OutputFile != "":
		return opts, console.Usagef("--output-file holds one architecture, and --binary names %d: write them with "+
			"--oci-layout, or one file for each", len(opts.Binaries))
	}
	return opts, nil
}

func runWorkerImageBuild(ctx context.Context, streams console.Streams, opts workerImageBuildOptions) error {
	binaries, err := readBinaries(opts.Binaries)
	if err != nil {
		return err
	}
	made, err := image.Build(binaries...)
	if err != nil {
		return err
	}
	tag := image.Tag(binaries...)
	r := imageResult{Reference: "ecsctl:" + tag, Tag: tag}
	r.describe(made)
	if opts.OCILayout != "" {
		if err := made.SaveLayout(opts.OCILayout, r.Reference); err != nil {
			return err
		}
		r.Files = append(r.Files, opts.OCILayout)
	}
	if opts.OutputFile != "" {
		if err := made.SaveFile(opts.OutputFile, r.Reference); err != nil {
			return err
		}
		r.Files = append(r.Files, opts.OutputFile)
	}
	for _, file := range r.Files {
		console.Printf(streams.Err, "wrote %s as %s\n", r.Reference, file)
	}
	return r.Print(ctx, streams.Out, opts.Output)
}
