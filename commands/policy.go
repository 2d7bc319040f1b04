package commands

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/internal/buildinfo"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

const policyDescription = `Example:

   ecsctl policy bootstrap --pool my-ecs-pool --output json >bootstrap.json
   ecsctl policy worker --pool my-ecs-pool

Prints the least that a command or a role needs in AWS, for the same flags and the same
ecsctl.yaml as bootstrap: each statement with why it is there, or with --output json the
bare document. Of a pool that is there it has what the pool's own defaults take, and the policies of roles
have what an earlier bootstrap chose. Nothing is changed, and no right is needed but to be somebody in the
account.`

// policies are what can be printed, with what each is for.
var policies = []struct{ name, usage string }{
	{provision.PolicyBootstrap, "for whoever runs ecsctl bootstrap"},
	{provision.PolicyTeardown, "for whoever runs ecsctl teardown"},
	{provision.PolicyWorker, "the worker's task role, as bootstrap makes it"},
	{provision.PolicyExecution, "the worker's execution role's inline policy, as bootstrap makes it"},
	{provision.PolicyFlowExecution, "the flow runs' execution role, as bootstrap makes it"},
	{provision.PolicyDoctor, "for whoever runs ecsctl doctor"},
	{provision.PolicyStatus, "for whoever runs ecsctl status"},
	{provision.PolicyLogs, "for whoever runs ecsctl logs"},
	{provision.PolicyVerify, "for whoever runs ecsctl verify"},
	{provision.PolicyDeploy, "for whoever pushes images of flows: ecsctl deploy and ecsctl image build"},
}

type policyOptions struct {
	Name    string
	Spec    spec.Spec
	Output  string
	Part    int // 0 is all
	Verbose bool
}

func policyCommand(streams console.Streams) *cli.Command {
	c := &cli.Command{
		Name:         "policy",
		Usage:        "print the least IAM policy for a command or a role",
		Description:  policyDescription,
		OnUsageError: console.UsageError,
		Action:       console.Group,
	}
	for _, p := range policies {
		c.Subcommands = append(c.Subcommands, onePolicyCommand(streams, p.name, p.usage))
	}
	return c
}

func onePolicyCommand(streams console.Streams, name, usage string) *cli.Command {
	flags := inputs.BootstrapFlags()
	return &cli.Command{
		Name:         name,
		Usage:        usage,
		Description:  policyDescription,
		OnUsageError: console.UsageError,
		Flags: append(inputs.QuietFlags(flags), inputs.ConfigFlag(),
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: inputs.OutputText, Usage: "text or json",
				EnvVars: inputs.Env("output")},
			&cli.IntFlag{
				Name: "part", Usage: "`NUMBER` of the part to print of a policy that no managed policy can hold as a " +
					"whole", DefaultText: "all",
			},
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say more about what is done",
				EnvVars: inputs.Env("verbose")}),
		Action: func(c *cli.Context) error {
			opts, err := readPolicyOptions(c, name, flags)
			if err != nil {
				return err
			}
			return runPolicy(c.Context, streams, opts)
		},
	}
}

func readPolicyOptions(c *cli.Context, name string, flags []inputs.SpecFlag) (opts policyOptions, err error) {
	if err := console.NoArguments(c); err != nil {
		return opts, err
	}
	opts = policyOptions{Name: name, Output: c.String("output"), Part: c.Int("part"), Verbose: c.Bool("verbose")}
	if opts.Output != inputs.OutputText && opts.Output != inputs.OutputJSON {
		return opts, console.Usagef("--output %q: use text or json", opts.Output)
	}
	if c.IsSet("part") && opts.Part < 1 {
		return opts, console.Usagef("--part %d: parts are counted from 1", opts.Part)
	}
	if opts.Spec, err = inputs.ReadSpec(c, flags); err != nil {
		return opts, err
	}
	if err := opts.Spec.CheckPool(); err != nil {
		return opts, err
	}
	return opts, opts.Spec.WithDefaults().Validate()
}

func runPolicy(ctx context.Context, streams console.Streams, opts policyOptions) error {
	options := provision.Options{Version: buildinfo.Version(), Logger: inputs.NewLogger(streams.Err, opts.Verbose)}
	api, err := policyServer(ctx, streams, opts, &options)
	if err != nil {
		return err
	}
	if err := inputs.ConnectAWS(ctx, opts.Spec, &options, api); err != nil {
		return err
	}
	if err := options.Spec.WithDefaults().Validate(); err != nil {
		return err
	}
	id, err := provision.WhoAmI(ctx, options.Clients)
	if err != nil {
		return err
	}
	policy, err := policyOf(ctx, streams, opts.Name, options, id)
	if err != nil {
		return err
	}
	return printPolicy(streams, opts, id, policy)
}

// policyOf has what the pool's own defaults take, where the pool is there and its server answers.
func policyOf(ctx context.Context, streams console.Streams, name string, options provision.Options,
	id provision.Identity) (provision.Policy, error) {
	plain := func() (provision.Policy, error) {
		return provision.NewPolicy(name, options.Spec.WithDefaults(), id, options.Server)
	}
	if options.Clients.Prefect == nil {
		return plain()
	}
	policy, note, err := provision.PolicyOfPool(ctx, name, options)
	if ctx.Err() == nil && isOfServer(err) {
		console.Printf(streams.Err, "warning: the policy is that of a new pool: %v\n", err)
		return plain()
	}
	if note != "" {
		console.Printf(streams.Err, "warning: %s\n", note)
	}
	return policy, err
}

// isOfServer reports whether a Prefect server did not say what a pool is like.
func isOfServer(err error) bool {
	for _, kind := range []error{prefect.ErrUnreachable, prefect.ErrUnauthorized, prefect.ErrBusy} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// policyServer finds out which credentials of Prefect there are. Whoever writes policies
// may have none: then it is taken that workers have an API key.
func policyServer(ctx context.Context, streams console.Streams, opts policyOptions,
	options *provision.Options) (*prefect.Client, error) {
	settings, err := inputs.DiscoverPrefect(ctx, opts.Spec.Prefect, streams)
	if err != nil {
		return nil, err
	}
	if settings.APIURL == "" {
		console.Printf(streams.Err, "no Prefect API is configured here: the policy is for workers with an API key\n")
		settings.APIKey = "not known"
		options.Server = provision.Server{APIKey: settings.APIKey, AuthString: settings.AuthString}
		return nil, nil
	}
	return inputs.PrefectClient(settings, streams, options)
}
