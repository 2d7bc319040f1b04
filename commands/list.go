package commands

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/internal/plaintext"
	"ecsctl/operate/status"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

const listDescription = `Example:

   ecsctl list
   ecsctl list --region eu-west-1 --output json

Lists the work pools that ecsctl bootstrapped in this account and region, found by the
tag ecsctl:pool. Where a Prefect API is set, it says what that knows of them. A MONTH is what
the workers and their secret cost (docs/costs.md). Pools of which something is left without a service are listed
too.`

type listOptions struct {
	inputs.ReportOptions
	Spec spec.Spec
}

// listResult is what --output json prints.
type listResult struct {
	identity provision.Identity
	Server   string        `json:"server,omitempty"`
	Pools    []status.Pool `json:"pools"`
}

func listCommand(streams console.Streams) *cli.Command {
	var flags []inputs.SpecFlag
	for _, f := range inputs.PlaceFlags() {
		if name := f.Flag.Names()[0]; name != "pool" && name != "cluster" {
			flags = append(flags, f)
		}
	}
	return &cli.Command{
		Name:         "list",
		Usage:        "list the work pools that ecsctl bootstrapped in this account and region",
		Description:  listDescription,
		OnUsageError: console.UsageError,
		Flags:        append(inputs.CliFlags(flags), inputs.ReportFlags()...),
		Action: func(c *cli.Context) (err error) {
			var opts listOptions
			if opts.ReportOptions, err = inputs.ReadReportOptions(c); err != nil {
				return err
			}
			if opts.Spec, err = inputs.ReadSpec(c, flags); err != nil {
				return err
			}
			return runList(c.Context, streams, opts)
		},
	}
}

func runList(ctx context.Context, streams console.Streams, opts listOptions) error {
	options, err := inputs.Connect(ctx, opts.Spec, streams, opts.Verbose)
	if errors.Is(err, prefect.ErrNoAPIURL) {
		err = inputs.ConnectAWS(ctx, opts.Spec, &options, nil)
	}
	if err != nil {
		return err
	}
	stop := console.Looking(ctx, streams, opts.Verbose)
	defer stop()
	r := listResult{Server: options.Server.APIURL}
	if r.identity, err = provision.WhoAmI(ctx, options.Clients); err != nil {
		return err
	}
	if r.Pools, err = status.List(ctx, options.Clients); err != nil {
		return err
	}
	stop()
	if opts.Output == inputs.OutputJSON {
		r.Pools = console.OrEmpty(r.Pools)
		return console.PrintJSON(ctx, streams.Out, r, nil)
	}
	return printPools(streams, r)
}

func printPools(streams console.Streams, r listResult) error {
	console.Printf(streams.Err, "AWS account %s, region %s\n", r.identity.Account, r.identity.Region)
	if len(r.Pools) == 0 {
		console.Printf(streams.Err, "ecsctl has bootstrapped no work pool here\n")
		return nil
	}
	table := tabwriter.NewWriter(streams.Out, 0, 8, 2, ' ', 0)
	console.Printf(table, "POOL\tCLUSTER\tSERVICE\tRUNNING\tPREFECT\tA MONTH\tVERSION\n")
	for _, p := range r.Pools {
		running := fmt.Sprintf("%d of %d", p.Running, p.Desired)
		if p.Service == "" {
			running = "no service"
		}
		console.Printf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", plaintext.Line(p.Name), orDash(p.Cluster),
			orDash(p.Service), running, orDash(p.Prefect), dollars(p.Month), orDash(p.Version))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("failed to write the list: %w", err)
	}
	return nil
}

func dollars(month *float64) string {
	if month == nil {
		return "-"
	}
	return fmt.Sprintf("$%.2f", *month)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
