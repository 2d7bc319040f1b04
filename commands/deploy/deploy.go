// Package deploy is `ecsctl deploy`, `ecsctl image` and `ecsctl init`: from a flow in a file to its
// image and its deployment.
package deploy

import (
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/provision/spec"
)

const deployDescription = `Example:

   ecsctl deploy flow.py:my_flow --pool my-ecs-pool --run
   ecsctl deploy flow.py:my_flow --pool my-ecs-pool --cron "0 6 * * *" --param day=today
   ecsctl deploy --all --pool my-ecs-pool

Takes a flow from its file to a deployment whose runs work: makes the image of the folder
(see ecsctl image build), pushes it to the pool's repository, and registers the deployment
through your own Prefect, with the image by digest. --run runs it and follows it to its end.
A second deploy after a change of the code pushes one small layer.

With a prefect.yaml, give the name of a deployment in it, or --all. --from git takes the code
from the checkout's remote at every run, --inline packs a few files into the deployment:
neither makes an image.`

// Where the code of a flow comes from.
const (
	fromImage  = "image"
	fromGit    = "git"
	fromInline = "inline"
)

type deployOptions struct {
	Image   flowImageOptions
	Spec    spec.Spec
	Target  string // an entrypoint, the name of a deployment, or "" with All
	All     bool
	Name    string
	From    string
	Token   gitToken
	Run     bool
	Through []string // flags that go to prefect deploy as they are
	// Variables are job variables, KEY=VALUE.
	Variables []string
	Timeout   time.Duration
	Output    string
	Verbose   bool
}

// throughFlags are those of prefect deploy that go through as they are: the same in Prefect 2 and 3.
var throughFlags = []struct{ name, usage string }{
	{"param", "`NAME=VALUE` of a parameter; may be repeated"},
	{"cron", "`CRON` expression of a schedule"},
	{"interval", "`SECONDS` between runs"},
	{"rrule", "`RRULE` of a schedule"},
	{"timezone", "time `ZONE` of the schedule, such as Europe/Berlin"},
	{"tag", "`TAG` of the deployment; may be repeated"},
	{"description", "`TEXT` that describes the deployment"},
	{"version", "`VERSION` of the deployment"},
	{"work-queue", "`NAME` of the work queue"},
}

const inDeployment = "Deployment (what Prefect knows)"

func deployFlags() []cli.Flag {
	flags := []cli.Flag{
		inputs.ConfigFlag(), inputs.OutputFlag(),
		&cli.BoolFlag{Name: "all", Usage: "deploy everything that prefect.yaml has"},
		&cli.StringFlag{Name: "name", Aliases: []string{"n"}, Usage: "`NAME` of the deployment", Value: "default",
			Category: inDeployment},
		&cli.StringFlag{Name: "from", Usage: "where the code comes from: image, git or inline", Value: fromImage,
			EnvVars: inputs.Env("from")},
		&cli.BoolFlag{Name: "inline", Usage: "short for --from inline: pack a few files into the deployment"},
		&cli.StringFlag{Name: "git-token-block",
			Usage: "`NAME` of the Secret block in Prefect with the token of a private repository"},
		&cli.StringFlag{Name: "git-token-secret",
			Usage: "`ARN` of the secret in Secrets Manager with that token, which the runs' task role may read"},
		&cli.BoolFlag{Name: "run", Usage: "run the deployment and follow it to its end"},
		&cli.DurationFlag{Name: "timeout", Usage: "with --run: how long the run may take", Value: 30 * time.Minute,
			EnvVars: inputs.Env("timeout")},
		&cli.GenericFlag{Name: "job-variable", Value: &inputs.Repeated{},
			Usage: "`NAME=VALUE` of a job variable, such as cpu=512; may be repeated", Category: inDeployment},
		&cli.GenericFlag{Name: "schedule", Value: &inputs.Repeated{},
			Usage:    "`CRON` expression of a schedule, as --cron",
			Category: inDeployment},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say more about what is done",
			EnvVars: inputs.Env("verbose")},
	}
	for _, f := range throughFlags {
		flags = append(flags, &cli.GenericFlag{
			Name: f.name, Value: &inputs.Repeated{}, Usage: f.usage, Category: inDeployment,
		})
	}
	return append(flags, flowImageFlags()...)
}

// Command returns the deploy command.
func Command(streams console.Streams) *cli.Command {
	flags := imageBuildFlags()
	return console.Shortens(&cli.Command{
		Name:         "deploy",
		Usage:        "take a flow to a deployment that runs on ECS, without Docker",
		ArgsUsage:    "[FILE:FLOW | DEPLOYMENT]",
		Description:  deployDescription,
		OnUsageError: console.UsageError,
		Flags:        append(inputs.CliFlags(flags), deployFlags()...),
		Action: func(c *cli.Context) error {
			opts, err := readDeployOptions(c, flags)
			if err != nil {
				return err
			}
			return runDeploy(c.Context, streams, opts)
		},
	}, "region", "profile", "prefect-api-url", "prefect-profile", "prefect-api-key-file", "name", "cron", "param",
		"job-variable", "tag", "base", "platform", "requirements", "refresh")
}

func readDeployOptions(c *cli.Context, flags []inputs.SpecFlag) (opts deployOptions, err error) {
	if opts.Image, err = readFlowImageOptions(c, "."); err != nil {
		return opts, err
	}
	if opts.Output, err = inputs.ReadOutput(c); err != nil {
		return opts, err
	}
	opts.Target, opts.All, opts.Name, opts.From = c.Args().First(), c.Bool("all"), c.String("name"), c.String("from")
	opts.Token = gitToken{Block: c.String("git-token-block"), Secret: c.String("git-token-secret")}
	opts.Run, opts.Timeout, opts.Verbose = c.Bool("run"), c.Duration("timeout"), c.Bool("verbose")
	opts.Variables = inputs.Given(c, "job-variable")
	if c.Bool("inline") {
		opts.From = fromInline
	}
	for _, f := range throughFlags {
		for _, value := range inputs.Given(c, f.name) {
			opts.Through = append(opts.Through, "--"+f.name, value)
		}
	}
	for _, value := range inputs.Given(c, "schedule") {
		opts.Through = append(opts.Through, "--cron", value)
	}
	if err := opts.check(c.Args().Slice()); err != nil {
		return opts, err
	}
	if opts.Spec, err = inputs.ReadSpec(c, flags); err != nil {
		return opts, err
	}
	return opts, opts.Spec.CheckPool()
}

// check refuses command lines that cannot be right, before any call.
func (o deployOptions) check(args []string) error {
	switch {
	case len(args) > 1:
		return console.Usagef("deploy takes one flow or deployment, and got %q as well; --all deploys everything in "+
			"prefect.yaml",
			args[1])
	case o.Target == "" && !o.All:
		return console.Usagef("nothing to deploy: name a flow, such as flow.py:my_flow, or with a prefect.yaml a " +
			"deployment or --all")
	case o.Target != "" && o.All:
		return console.Usagef("--all deploys everything: leave out %q, or --all", o.Target)
	case o.From != fromImage && o.From != fromGit && o.From != fromInline:
		return console.Usagef("--from %q: use image, git or inline", o.From)
	case o.All && o.Run:
		return console.Usagef("--run runs one deployment: leave out --all and name it")
	case o.From != fromImage && !o.isEntrypoint():
		return console.Usagef("--from %s goes with a flow such as flow.py:my_flow: the deployments of a prefect.yaml "+
			"say themselves where their code comes from",
			o.From)
	}
	if err := o.Token.check(o.From); err != nil {
		return err
	}
	for _, v := range o.Variables {
		if key, _, ok := strings.Cut(v, "="); !ok || key == "" {
			return console.Usagef("--job-variable %q is not of the form NAME=VALUE", v)
		}
	}
	return nil
}

// isEntrypoint tells a flow, FILE:FLOW, from the name of a deployment.
func (o deployOptions) isEntrypoint() bool { return strings.Contains(o.Target, ":") }
