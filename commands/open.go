package commands

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/internal/buildinfo"
	"ecsctl/operate/pages"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

const openDescription = `Example:

   ecsctl open my-ecs-pool
   ecsctl open purple-lemur
   ecsctl open my-ecs-pool --aws

Opens the page of a work pool or of a flow run in the browser: that of Prefect's interface or, with
--aws, that of the AWS console (the pool's service, the run's task). The name is a pool's, else that
of a flow run, of which the newest is taken, or its id; without one it is the pool of --pool or
ecsctl.yaml. Both addresses are printed. Without a terminal, or with --print, nothing is opened.`

type openOptions struct {
	Target, Output      string
	AWS, Print, Verbose bool
	Spec                spec.Spec
}

func openCommand(streams console.Streams) *cli.Command {
	flags := inputs.PlaceFlags()
	return &cli.Command{
		Name:         "open",
		Usage:        "open a work pool or a flow run in the browser",
		ArgsUsage:    "[POOL | FLOW-RUN]",
		Description:  openDescription,
		OnUsageError: console.UsageError,
		Flags: append(append(inputs.CliFlags(flags), inputs.ReportFlags()...),
			&cli.BoolFlag{Name: "aws", Usage: "open the page in the AWS console", EnvVars: inputs.Env("aws")},
			&cli.BoolFlag{Name: "print", Usage: "print the addresses and open nothing", EnvVars: inputs.Env("print")}),
		Action: func(c *cli.Context) error {
			opts, err := readOpenOptions(c, flags)
			if err != nil {
				return err
			}
			return runOpen(c.Context, streams, opts)
		},
	}
}

func readOpenOptions(c *cli.Context, flags []inputs.SpecFlag) (opts openOptions, err error) {
	if opts.Output, err = inputs.ReadOutput(c); err != nil {
		return opts, err
	}
	if c.Args().Len() > 1 {
		return opts, console.Usagef("open takes one work pool or flow run, and got %q as well", c.Args().Get(1))
	}
	opts.AWS, opts.Print, opts.Verbose = c.Bool("aws"), c.Bool("print"), c.Bool("verbose")
	if opts.Spec, err = inputs.ReadSpec(c, flags); err != nil {
		return opts, err
	}
	if opts.Target = c.Args().First(); opts.Target == "" {
		opts.Target = opts.Spec.Pool
		err = opts.Spec.CheckPool()
	}
	return opts, err
}

func runOpen(ctx context.Context, streams console.Streams, opts openOptions) error {
	options := provision.Options{Version: buildinfo.Version(), Logger: inputs.NewLogger(streams.Err, opts.Verbose),
		PollInterval: inputs.PollInterval}
	api, err := inputs.ConnectPrefect(ctx, opts.Spec.Prefect, streams, &options)
	if err != nil {
		return err
	}
	stop := console.Looking(ctx, streams, opts.Verbose)
	defer stop()
	found, err := pages.Find(ctx, api, opts.Target)
	if err != nil {
		return err
	}
	// Without AWS there is still the page of Prefect.
	unknown := inputs.ConnectAWS(ctx, opts.Spec, &options, api)
	if unknown == nil {
		unknown = found.FindAWS(ctx, options)
	}
	if unknown == nil && options.Clients.Endpoint != "" {
		found.AWS, unknown = "", errors.New("what plays AWS here has no console")
	}
	stop()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if opts.AWS && found.AWS == "" {
		if unknown == nil {
			unknown = errors.New("it has no ECS task yet")
		}
		return fmt.Errorf("there is no page of %s %q in the AWS console: %w", found.Kind, found.Name, unknown)
	}
	if opts.Output == inputs.OutputJSON {
		return console.PrintJSON(ctx, streams.Out, found, nil)
	}
	showPages(streams, opts, found)
	return nil
}

// showPages prints the addresses, and opens one where a person is there to see it.
func showPages(streams console.Streams, opts openOptions, found *pages.Pages) {
	out := console.Exact(streams.Out)
	console.Printf(out, "%-8s %s\n", "Prefect", console.Link(out, found.Prefect, found.Prefect))
	if found.AWS != "" {
		console.Printf(out, "%-8s %s\n", "AWS", console.Link(out, found.AWS, found.AWS))
	}
	if opts.Print || !streams.CanPrompt || !console.IsTerminal(streams.Out) {
		return
	}
	address := found.Prefect
	if opts.AWS {
		address = found.AWS
	}
	err := browse(address)
	var missing *exec.Error
	switch {
	case errors.As(err, &missing):
		console.Printf(streams.Err, "no browser was opened: this machine has no %s\n", missing.Name)
	case err != nil:
		console.Printf(streams.Err, "no browser was opened: %v\n", err)
	}
}

// browse hands an address to what opens them on this system: as an argument, so that no shell reads it.
func browse(address string) error {
	if !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") {
		return errors.New("the address is not one of the web")
	}
	command := exec.Command("xdg-open", address)
	switch runtime.GOOS {
	case "darwin":
		command = exec.Command("open", address)
	case "windows":
		command = exec.Command("rundll32", "url.dll,FileProtocolHandler", address)
	}
	command.SysProcAttr = ownSession()
	if err := command.Start(); err != nil {
		return err
	}
	return command.Process.Release()
}
