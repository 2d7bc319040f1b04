package deploy

import (
	"context"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/image/flowimage"
	"ecsctl/internal/buildinfo"
	"ecsctl/internal/userpython"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

const imageBuildDescription = `Example:

   ecsctl image build --pool my-ecs-pool
   ecsctl image build flows --pool my-ecs-pool --dry-run

Makes the image of a folder of flows and pushes it to the pool's repository in ECR, without
Docker: a slim Python, one layer with the dependencies and one with the code. Prints the
image's reference by digest, alone on standard output, as a build step of prefect.yaml needs
it. The flows that prefect.yaml names are imported first, with the image's dependencies.

The dependencies come from uv.lock, pyproject.toml or requirements.txt, as wheels, through
uv. Secrets, .git and virtual environments stay out; --dry-run lists what goes in, and
.ecsctlignore says what else stays out.`

type imageBuildOptions struct {
	Image   flowImageOptions
	Spec    spec.Spec
	DryRun  bool
	Verbose bool
	Output  string
}

// imageBuildFlags are the settings of the Spec that a build needs.
func imageBuildFlags() []inputs.SpecFlag {
	return append(inputs.PlaceFlags(), inputs.PickFlags(inputs.NameFlags(), "flow-repository-name")...)
}

func imageBuildCommand(streams console.Streams) *cli.Command {
	flags := imageBuildFlags()
	return &cli.Command{
		Name:         "build",
		Usage:        "make the image of a folder of flows and push it",
		ArgsUsage:    "[DIR]",
		Description:  imageBuildDescription,
		OnUsageError: console.UsageError,
		Flags: append(append(inputs.CliFlags(flags), flowImageFlags()...), inputs.ConfigFlag(), inputs.OutputFlag(),
			&cli.BoolFlag{Name: "dry-run", Usage: "list the files that go into the image and do nothing",
				EnvVars: inputs.Env("dry-run")},
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say more about what is done",
				EnvVars: inputs.Env("verbose")}),
		Action: func(c *cli.Context) error {
			opts, err := readImageBuildOptions(c, flags)
			if err != nil {
				return err
			}
			if opts.DryRun {
				return listImage(c.Context, streams, opts.Image.Dir, opts.Output)
			}
			return runImageBuild(c.Context, streams, opts)
		},
	}
}

func readImageBuildOptions(c *cli.Context, flags []inputs.SpecFlag) (opts imageBuildOptions, err error) {
	if c.Args().Len() > 1 {
		return opts, console.Usagef("image build takes one folder, and got %q as well", c.Args().Get(1))
	}
	dir := c.Args().First()
	if dir == "" {
		dir = "."
	}
	if opts.Output, err = inputs.ReadOutput(c); err != nil {
		return opts, err
	}
	opts.DryRun, opts.Verbose = c.Bool("dry-run"), c.Bool("verbose")
	if opts.Image, err = readFlowImageOptions(c, dir); err != nil {
		return opts, err
	}
	if opts.Spec, err = inputs.ReadSpec(c, flags); err != nil || opts.DryRun || opts.Image.Repository != "" {
		return opts, err
	}
	return opts, opts.Spec.CheckPool()
}

func runImageBuild(ctx context.Context, streams console.Streams, opts imageBuildOptions) error {
	flows, err := flowsOfProject(opts.Image.Dir)
	if err != nil {
		return err
	}
	m := &imageMaker{streams: streams, opts: opts.Image}
	inputs.UseOwnRoots()
	m.options = provision.Options{Version: buildinfo.Version(), Logger: inputs.NewLogger(streams.Err, opts.Verbose),
		PollInterval: inputs.PollInterval, Spec: opts.Spec}
	if opts.Image.Repository == "" {
		if err := inputs.ConnectAWS(ctx, opts.Spec, &m.options, nil); err != nil {
			return err
		}
	}
	m.python, _ = userpython.Find(ctx, opts.Image.Dir, opts.Image.Venv) // without Prefect it still compiles
	m.askServer(ctx, opts.Spec)
	made, pushed, err := m.make(ctx, flows)
	if err != nil {
		return err
	}
	return printImage(ctx, streams, opts.Output, made, pushed)
}

// askServer finds out what the project does not say: the version of Prefect is the server's, and the platform the
// pool's. Without a server it is the version that the user has, and what AWS takes by default.
func (m *imageMaker) askServer(ctx context.Context, spec spec.Spec) {
	m.prefect = m.python.Prefect
	settings, err := inputs.DiscoverPrefect(ctx, spec.Prefect, m.streams)
	if err == nil && settings.APIURL != "" {
		var options prefect.Options
		if options, err = settings.ClientOptions(); err == nil {
			err = m.askAPI(ctx, options, spec.Pool)
		}
	}
	if err != nil && ctx.Err() == nil {
		m.options.Logger.Debug("the Prefect server was not asked", "error", err)
	}
	if m.opts.Architecture == "" {
		m.opts.Architecture = flowimage.AMD64
	}
}

func (m *imageMaker) askAPI(ctx context.Context, options prefect.Options, pool string) error {
	api, err := prefect.New(options)
	if err != nil {
		return err
	}
	if m.opts.Architecture == "" && pool != "" {
		m.opts.Architecture = poolArchitecture(ctx, m.options.Clients, api, pool)
	}
	if api.IsCloud() {
		return nil
	}
	version, err := api.ServerVersion(ctx)
	if err == nil {
		m.prefect = version
	}
	return err
}

// builtImage is what image build reports as JSON.
type builtImage struct {
	Reference   string   `json:"reference"`
	Digest      string   `json:"digest"`
	Base        string   `json:"base"`
	Python      string   `json:"python"`
	Prefect     string   `json:"prefect"`
	Size        int64    `json:"size"`
	Packages    int64    `json:"dependenciesSize"`
	Code        int64    `json:"codeSize"`
	PushedBytes int64    `json:"pushedBytes"`
	Warnings    []string `json:"warnings,omitempty"`
}

func printImage(ctx context.Context, streams console.Streams, output string, made *flowimage.Image,
	pushed flowimage.Pushed) error {
	if output == inputs.OutputJSON {
		return console.PrintJSON(ctx, streams.Out, builtImage{pushed.Reference, made.Digest, made.Base, made.Python,
			made.Prefect,
			made.Size, made.Packages, made.Code, pushed.Bytes, made.Warnings}, nil)
	}
	console.Printf(streams.Out, "%s\n", pushed.Reference)
	return nil
}

// imageFiles is what image build --dry-run reports as JSON.
type imageFiles struct {
	Files    []flowimage.File `json:"files"`
	Warnings []string         `json:"warnings"`
}

// listImage lists the files that would go into the image.
func listImage(ctx context.Context, streams console.Streams, dir, output string) error {
	if _, err := flowimage.ReadProject(dir, "", ""); err != nil {
		return err
	}
	files, warnings, err := flowimage.ListCode(dir)
	if err != nil {
		return err
	}
	for _, warning := range warnings {
		console.Printf(streams.Err, "warning: %s\n", warning)
	}
	if output == inputs.OutputJSON {
		return console.PrintJSON(ctx, streams.Out, imageFiles{console.OrEmpty(files), console.OrEmpty(warnings)}, nil)
	}
	total := int64(0)
	for _, f := range files {
		total += f.Size
		console.Printf(streams.Out, "%10d  %s\n", f.Size, f.Path)
	}
	console.Printf(streams.Err, "%d files, %s; %s says what stays out\n", len(files), kilobytes(total),
		flowimage.IgnoreFile)
	return nil
}
