package workercmd

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/internal/bounded"
	"ecsctl/internal/hint"
	"ecsctl/jobtemplate"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/worker"
)

const workerPreviewDescription = `Example:

   ecsctl worker preview --deployment my-flow/my-deployment --job-variable cpu=512
   ecsctl worker preview --flow-run 7d0d7b5a-8f1c-4b9e-9f0a-3d1b6f0a2c11 --output json
   ecsctl worker preview --deployment my-flow/my-deployment --job-variable cpu=512 --diff last
   ecsctl worker preview --base-job-template template.json --job-variables vars.json --run run.json

Shows the RegisterTaskDefinition and RunTask requests that a worker would send, without
sending them: AWS is only read, and only where the job needs it (the subnets of a VPC).
Every problem of an invalid job is listed, and the exit code is 1.

The run file is one JSON object with any of flow_run, flow, deployment and work_pool, as the
Prefect API has them, worker_name and prefect_version.`

// diffLast is the value of --diff that stands for the deployment's last run.
const diffLast = "last"

type workerPreviewOptions struct {
	worker.PreviewRequest
	Diff    string
	Output  string
	Verbose bool
}

func workerPreviewCommand(streams console.Streams) *cli.Command {
	return &cli.Command{
		Name:         "preview",
		Usage:        "show what would be sent to AWS for a flow run",
		Description:  workerPreviewDescription,
		OnUsageError: console.UsageError,
		Flags:        append(workerPreviewFlags(), prefectFlags()...),
		Action: func(c *cli.Context) error {
			opts, err := readWorkerPreviewOptions(c)
			if err != nil {
				return err
			}
			settings, err := readPrefectSettings(c, streams)
			if err != nil {
				return err
			}
			return runWorkerPreview(c.Context, streams, settings, opts)
		},
	}
}

func workerPreviewFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "flow-run", Usage: "`ID` of a flow run"},
		&cli.StringFlag{Name: "deployment", Usage: "`FLOW/NAME` of a deployment"},
		&cli.GenericFlag{Name: "job-variable", Value: &inputs.Repeated{},
			Usage: "`NAME=VALUE` put over the deployment's; the value is JSON, or else text"},
		&cli.StringFlag{Name: "base-job-template",
			Usage: "`FILE` with a base job template, for a preview without a server"},
		&cli.StringFlag{Name: "job-variables", Usage: "`FILE` with job variables"},
		&cli.StringFlag{Name: "run", Usage: "`FILE` with flow_run, flow, deployment, work_pool and worker_name"},
		&cli.StringFlag{Name: "diff", Usage: "`FILE` with another preview, or last: what differs from it, or from " +
			"what the deployment's last run was sent with"},
		&cli.BoolFlag{Name: "strict", Usage: "fail on job variables that the work pool's template does not have"},
		&cli.BoolFlag{Name: "show-secrets", Usage: "do not mask secrets"},
		inputs.OutputFlag(),
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say more about what is done",
			EnvVars: inputs.Env("verbose")},
	}
}

func readWorkerPreviewOptions(c *cli.Context) (workerPreviewOptions, error) {
	opts := workerPreviewOptions{Diff: c.String("diff"), Output: c.String("output"), Verbose: c.Bool("verbose")}
	if err := checkWorkerPreview(c); err != nil {
		return opts, err
	}
	opts.ShowSecrets, opts.Strict = c.Bool("show-secrets"), c.Bool("strict")
	opts.FlowRunID, opts.Environ = c.String("flow-run"), os.LookupEnv
	opts.FlowName, opts.DeploymentName, _ = strings.Cut(c.String("deployment"), "/")
	var err error
	if opts.JobVariables, err = readJobVariables(c); err != nil {
		return opts, err
	}
	if c.IsSet("base-job-template") || c.IsSet("run") {
		opts.Offline, err = readOfflineJob(c)
	}
	return opts, err
}

func checkWorkerPreview(c *cli.Context) error {
	if err := console.NoArguments(c); err != nil {
		return err
	}
	offline := c.IsSet("base-job-template") || c.IsSet("run")
	sources := 0
	for _, given := range []bool{c.IsSet("flow-run"), c.IsSet("deployment"), offline} {
		if given {
			sources++
		}
	}
	flow, name, _ := strings.Cut(c.String("deployment"), "/")
	switch {
	case sources != 1:
		return console.Usagef("worker preview needs one of --flow-run, --deployment, or --base-job-template with --run")
	case c.IsSet("deployment") && (flow == "" || name == ""):
		return console.Usagef("--deployment %q: use FLOW/NAME", c.String("deployment"))
	case c.String("output") != inputs.OutputText && c.String("output") != inputs.OutputJSON:
		return console.Usagef("--output %q: use text or json", c.String("output"))
	}
	return nil
}

// readJobVariables are those of the file with those of the flags over them.
func readJobVariables(c *cli.Context) (json.RawMessage, error) {
	variables := map[string]json.RawMessage{}
	if path := c.String("job-variables"); path != "" {
		raw, err := readJSONFile("job-variables", path)
		if err != nil {
			return nil, err
		}
		if !c.IsSet("job-variable") {
			return raw, nil // as it is, so that what is wrong with it is seen
		}
		if err := json.Unmarshal(raw, &variables); err != nil {
			return nil, console.Usagef("--job-variables %q is not a JSON object: %w", path, err)
		}
	}
	for _, pair := range inputs.Given(c, "job-variable") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, console.Usagef("--job-variable %q: use NAME=VALUE", pair)
		}
		variables[name] = jsonOrText(value)
	}
	if len(variables) == 0 {
		return nil, nil
	}
	return json.Marshal(variables)
}

// jsonOrText reads a value as `prefect deployment run --job-variable` does.
func jsonOrText(value string) json.RawMessage {
	if json.Valid([]byte(value)) {
		return json.RawMessage(value)
	}
	text, _ := json.Marshal(value) // a string always encodes
	return text
}

func readOfflineJob(c *cli.Context) (*worker.OfflineJob, error) {
	job := &worker.OfflineJob{}
	var err error
	if path := c.String("base-job-template"); path != "" {
		if job.BaseJobTemplate, err = bounded.ReadFile(path, bounded.MaxFile); err != nil {
			return nil, console.Usagef("--base-job-template: %w", err)
		}
	}
	if path := c.String("run"); path != "" {
		raw, err := readJSONFile("run", path)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(raw, &job.Run); err != nil {
			return nil, console.Usagef("--run %q: %w", path, err)
		}
	}
	return job, nil
}

func runWorkerPreview(ctx context.Context, streams console.Streams, settings prefect.Settings,
	opts workerPreviewOptions) error {
	log := inputs.NewLogger(streams.Err, opts.Verbose)
	fromSettings, err := worker.FromSettings(settings)
	if err != nil {
		return err
	}
	opts.Settings, opts.Logger = fromSettings.Settings, log
	if opts.AWS, err = provision.LoadAWSConfig(ctx, "", "", log); err != nil {
		return err
	}
	if opts.Offline == nil {
		if opts.Prefect, err = newPrefectClient(settings, log); err != nil {
			return err
		}
	}
	preview, err := worker.MakePreview(ctx, opts.PreviewRequest)
	if problems := worker.ProblemsOf(err); problems != nil {
		return showProblems(ctx, streams, opts, problems)
	}
	if err != nil {
		return err
	}
	return showPreview(ctx, streams, opts, log, preview)
}

// showProblems lists everything that is wrong with the job, and fails.
func showProblems(ctx context.Context, streams console.Streams, opts workerPreviewOptions,
	problems []jobtemplate.Problem) error {
	var list []error
	for _, problem := range problems {
		where := problem
		where.Hint = ""
		list = append(list, hint.Add(errors.New(where.String()), hintsOf(problem)...))
	}
	failed := errors.Join(list...)
	if opts.Output == inputs.OutputJSON {
		shown := &worker.Preview{Warnings: []string{}, Problems: problems}
		if err := console.PrintJSON(ctx, streams.Out, shown, failed); err != nil {
			return err
		}
	}
	return failed
}

func hintsOf(problem jobtemplate.Problem) []string {
	if problem.Hint == "" {
		return nil
	}
	return []string{problem.Hint}
}

func showPreview(ctx context.Context, streams console.Streams, opts workerPreviewOptions, log *slog.Logger,
	preview *worker.Preview) error {
	if opts.Diff != "" {
		return showPreviewDiff(ctx, streams, opts, preview)
	}
	if opts.Output == inputs.OutputJSON {
		return console.PrintJSON(ctx, streams.Out, preview, nil)
	}
	log.Debug("made the preview")
	return printPreview(streams, preview)
}
