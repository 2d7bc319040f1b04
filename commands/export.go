package commands

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/image"
	"ecsctl/internal/hint"
	"ecsctl/internal/shellword"
	"ecsctl/provision"
	"ecsctl/provision/handover"
	"ecsctl/provision/spec"
)

const exportDescription = `Example:

   ecsctl export --pool my-ecs-pool --format cloudformation >my-ecs-pool.yaml
   ecsctl export --pool my-ecs-pool --format cli --output my-ecs-pool.sh

Writes what bootstrap makes in AWS for another tool, with the same names and tags: a template
of CloudFormation, or a script of the AWS CLI in the order of Prefect's guide. It takes the
flags of bootstrap and ecsctl.yaml; of a pool that is there, what was chosen at bootstrap is
recalled. No key is in it. What the other tool cannot make, the work pool and the worker's
image, stands in its comments with the command that does. Nothing is changed.`

type exportOptions struct {
	Spec    spec.Spec
	Format  string
	Output  string // a file; "" is standard output
	Verbose bool
}

func exportCommand(streams console.Streams) *cli.Command {
	flags := inputs.BootstrapFlags()
	return &cli.Command{
		Name:         "export",
		Usage:        "write what bootstrap makes for CloudFormation or the AWS CLI",
		Description:  exportDescription,
		OnUsageError: console.UsageError,
		Flags: append(inputs.QuietFlags(flags), inputs.ConfigFlag(),
			&cli.StringFlag{Name: "format", Usage: strings.Join(handover.Formats, " or "),
				EnvVars: inputs.Env("format")},
			// No variable: ECSCTL_OUTPUT is text or json.
			&cli.StringFlag{Name: "output", Aliases: []string{"o"},
				Usage: "`FILE` to write to, which must not be there yet (default: standard output)"},
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say more about what is done",
				EnvVars: inputs.Env("verbose")}),
		Action: func(c *cli.Context) error {
			opts, err := readExportOptions(c, flags)
			if err != nil {
				return err
			}
			return runExport(c.Context, streams, opts)
		},
	}
}

func readExportOptions(c *cli.Context, flags []inputs.SpecFlag) (opts exportOptions, err error) {
	if err := console.NoArguments(c); err != nil {
		return opts, err
	}
	opts = exportOptions{Format: c.String("format"), Output: c.String("output"), Verbose: c.Bool("verbose")}
	formats := strings.Join(handover.Formats, " or ")
	switch {
	case opts.Format == "":
		return opts, console.Usagef("no format given: pass --format %s", formats)
	case !slices.Contains(handover.Formats, opts.Format):
		return opts, console.Usagef("--format %q: use %s", opts.Format, formats)
	}
	if opts.Spec, err = inputs.ReadSpec(c, flags); err != nil {
		return opts, err
	}
	return opts, opts.Spec.CheckPool()
}

func runExport(ctx context.Context, streams console.Streams, opts exportOptions) error {
	if opts.Output != "" {
		if _, err := os.Lstat(opts.Output); err == nil {
			return exportFileThere(opts.Output)
		}
	}
	text, warnings, err := export(ctx, streams, opts)
	if err != nil {
		return err
	}
	for _, warning := range warnings {
		console.Printf(streams.Err, "warning: %s\n", warning)
	}
	if opts.Output == "" {
		_, err := fmt.Fprint(console.Exact(streams.Out), text)
		return err
	}
	return writeExport(opts, text)
}

// export makes the text from the Spec that a bootstrap would use now.
func export(ctx context.Context, streams console.Streams, opts exportOptions) (string, []string, error) {
	options, err := inputs.Connect(ctx, opts.Spec, streams, opts.Verbose)
	if err != nil {
		return "", nil, err
	}
	defer console.Looking(ctx, streams, opts.Verbose)()
	options.Policy = provision.PolicyStatus // looks at the same
	recalled, err := provision.Recall(ctx, options)
	if err != nil {
		return "", nil, err
	}
	said := recalled.Spec
	said.Region = options.Spec.Region
	used, binary, err := useExportBinary(said, recalled.Image)
	if err != nil {
		return "", nil, err
	}
	options.Spec, options.Binary = used.WithDefaults(), binary
	options.SecretsUnread, options.Recalled = true, recalled.Known
	if err := options.Spec.Validate(); err != nil {
		return "", nil, err
	}
	desired, err := provision.DesiredState(ctx, options)
	if err != nil {
		return "", nil, err
	}
	text, err := handover.Write(opts.Format, said.Pool, desired, handover.Lines{
		Bootstrap: inputs.CommandLine(said), PushImage: pushLine(said, options.Spec)})
	return text, desired.Warnings, err
}

// useExportBinary takes the image that runs as it is where there is no binary to make one of.
func useExportBinary(said spec.Spec, running string) (spec.Spec, *image.Binary, error) {
	used, binary, err := inputs.UseBinary(said)
	if err != nil && running != "" {
		said.Worker.Image = running
		return said, nil, nil
	}
	return used, binary, err
}

// pushLine is the command that makes and pushes the worker's image.
func pushLine(said, used spec.Spec) string {
	words := []string{"ecsctl", "worker", "image", "push", "--pool", said.Pool, "--region", used.Region}
	if said.Profile != "" {
		words = append(words, "--profile", said.Profile)
	}
	if said.Names.Repository != "" {
		words = append(words, "--repository-name", said.Names.Repository)
	}
	if said.Worker.Binary != "" {
		words = append(words, "--binary", said.Worker.Binary)
	}
	for i := range words {
		words[i] = shellword.Quote(words[i])
	}
	return strings.Join(words, " ")
}

func exportFileThere(path string) error {
	return hint.Add(fmt.Errorf("failed to write %q: the file exists", path),
		"name another file with --output, or move that one away")
}

// writeExport writes the file; a script can be run.
func writeExport(opts exportOptions, text string) error {
	mode := os.FileMode(0o644)
	if opts.Format == handover.CLI {
		mode = 0o755
	}
	file, err := os.OpenFile(opts.Output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return exportFileThere(opts.Output)
	}
	if err != nil {
		return fmt.Errorf("failed to write the export: %w", err)
	}
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("failed to write %q: %w", opts.Output, err)
	}
	return nil
}
