package commands

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"ecsctl/internal/plaintext"
	"ecsctl/operate"
	"ecsctl/prefect"
	"ecsctl/provision"
)

const listDescription = `Example:

   ecsctl list
   ecsctl list --region eu-west-1 --output json

Lists the work pools that ecsctl bootstrapped in this account and region, found by the
tag ecsctl:pool. Where a Prefect API is set, it says what that knows of them. Pools of which
something is left without a service are listed too.`

type listOptions struct {
	reportOptions
	Spec provision.Spec
}

// listResult is what --output json prints.
type listResult struct {
	provision.Identity
	Server string         `json:"server,omitempty"`
	Pools  []operate.Pool `json:"pools"`
}

func listCommand(streams Streams) *cli.Command {
	var flags []specFlag
	for _, f := range placeFlags() {
		if name := f.flag.Names()[0]; name != "pool" && name != "cluster" {
			flags = append(flags, f)
		}
	}
	return &cli.Command{
		Name:         "list",
		Usage:        "list the work pools that ecsctl bootstrapped in this account and region",
		Description:  listDescription,
		OnUsageError: usageError,
		Flags:        append(cliFlags(flags), reportFlags()...),
		Action: func(c *cli.Context) (err error) {
			var opts listOptions
			if opts.reportOptions, err = readReportOptions(c); err != nil {
				return err
			}
			if opts.Spec, err = readSpec(c, flags); err != nil {
				return err
			}
			return runList(c.Context, streams, opts)
		},
	}
}

func runList(ctx context.Context, streams Streams, opts listOptions) error {
	options, err := connect(ctx, opts.Spec, streams, opts.Verbose)
	if errors.Is(err, prefect.ErrNoAPIURL) {
		err = connectAWS(ctx, opts.Spec, &options, nil)
	}
	if err != nil {
		return err
	}
	r := listResult{Server: options.Server.APIURL}
	if r.Identity, err = provision.WhoAmI(ctx, options.Clients); err != nil {
		return err
	}
	if r.Pools, err = operate.List(ctx, options.Clients); err != nil {
		return err
	}
	if opts.Output == outputJSON {
		r.Pools = orEmpty(r.Pools)
		return printJSON(streams.Out, r)
	}
	return printPools(streams, r)
}

func printPools(streams Streams, r listResult) error {
	printf(streams.Err, "AWS account %s, region %s\n", r.Account, r.Region)
	if len(r.Pools) == 0 {
		printf(streams.Err, "ecsctl has bootstrapped no work pool here\n")
		return nil
	}
	table := tabwriter.NewWriter(streams.Out, 0, 8, 2, ' ', 0)
	printf(table, "POOL\tCLUSTER\tSERVICE\tRUNNING\tPREFECT\tVERSION\n")
	for _, p := range r.Pools {
		running := fmt.Sprintf("%d of %d", p.Running, p.Desired)
		if p.Service == "" {
			running = "no service"
		}
		printf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", plaintext.Line(p.Name), orDash(p.Cluster), orDash(p.Service), running, orDash(p.Prefect), orDash(p.Version))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("failed to write the list: %w", err)
	}
	return nil
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
