package inputs

import (
	"time"

	"ecsctl/commands/console"

	"github.com/urfave/cli/v2"
)

// The output formats of --output.
const (
	OutputText = "text"
	OutputJSON = "json"
)

// OutputOptions are the flags that every command that changes something has.
type OutputOptions struct {
	Output           string
	Verbose          bool
	Yes              bool
	DryRun           bool
	DetailedExitCode bool
}

// OutputFlags are the flags of commands that change something.
func OutputFlags() []cli.Flag {
	return []cli.Flag{
		ConfigFlag(),
		OutputFlag(),
		&cli.BoolFlag{Name: "dry-run", Usage: "show what would be done and do nothing", EnvVars: Env("dry-run")},
		&cli.BoolFlag{Name: "detailed-exitcode", Usage: "with --dry-run: exit with 2 when there are changes",
			EnvVars: Env("detailed-exitcode")},
		&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask for confirmation", EnvVars: Env("yes")},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say more about what is done",
			EnvVars: Env("verbose")},
		&cli.DurationFlag{Name: "wait-timeout", Usage: "how long to wait for AWS and for the worker",
			Value: 10 * time.Minute, EnvVars: Env("wait-timeout")},
	}
}

// ConfigFlag returns --config.
func ConfigFlag() cli.Flag {
	return &cli.StringFlag{Name: "config", Aliases: []string{"c"},
		Usage: "`FILE` to read the settings from (default: ecsctl.yaml if there is one)", EnvVars: Env("config")}
}

// OutputFlag returns --output.
func OutputFlag() cli.Flag {
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: OutputText, Usage: "text or json",
		EnvVars: Env("output")}
}

// ReadOutput returns the value of OutputFlag.
func ReadOutput(c *cli.Context) (string, error) {
	output := c.String("output")
	if output != OutputText && output != OutputJSON {
		return "", console.Usagef("--output %q: use text or json", output)
	}
	return output, nil
}

// ReadOutputOptions returns the values of OutputFlags.
func ReadOutputOptions(c *cli.Context) (OutputOptions, error) {
	o := OutputOptions{
		Output: c.String("output"), Verbose: c.Bool("verbose"), Yes: c.Bool("yes"),
		DryRun: c.Bool("dry-run"), DetailedExitCode: c.Bool("detailed-exitcode"),
	}
	if _, err := ReadOutput(c); err != nil {
		return o, err
	}
	if o.DetailedExitCode && !o.DryRun {
		return o, console.Usagef("--detailed-exitcode needs --dry-run")
	}
	if c.Duration("wait-timeout") <= 0 {
		return o, console.Usagef("--wait-timeout %s: give a time such as 10m", c.Duration("wait-timeout"))
	}
	return o, nil
}

// NeedsAnswer refuses a command that would have to ask where nobody can answer.
func (o OutputOptions) NeedsAnswer(streams console.Streams) error {
	if o.Yes || o.DryRun || streams.CanPrompt {
		return nil
	}
	return console.Usagef("there is no terminal to ask for confirmation: pass --yes to go ahead, or --dry-run to " +
		"look only")
}

// ReportOptions are the flags of every command that looks and changes nothing.
type ReportOptions struct {
	Output  string
	Verbose bool
}

// ReportFlags are the flags of commands that only look.
func ReportFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "config", Aliases: []string{"c"},
			Usage: "`FILE` to read the settings from (default: ecsctl.yaml if there is one)", EnvVars: Env("config")},
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: OutputText, Usage: "text or json",
			EnvVars: Env("output")},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say more about what is done",
			EnvVars: Env("verbose")},
	}
}

// ReadReportOptions returns the values of ReportFlags. It refuses arguments.
func ReadReportOptions(c *cli.Context) (ReportOptions, error) {
	o := ReportOptions{Output: c.String("output"), Verbose: c.Bool("verbose")}
	if o.Output != OutputText && o.Output != OutputJSON {
		return o, console.Usagef("--output %q: use text or json", o.Output)
	}
	return o, console.NoArguments(c)
}
