package commands

import (
	"time"

	"github.com/urfave/cli/v2"
)

// The output formats of --output.
const (
	outputText = "text"
	outputJSON = "json"
)

// outputOptions are the flags that every command that changes something has.
type outputOptions struct {
	Output           string
	Verbose          bool
	Yes              bool
	DryRun           bool
	DetailedExitCode bool
}

func outputFlags() []cli.Flag {
	return []cli.Flag{
		configFlag(),
		outputFlag(),
		&cli.BoolFlag{Name: "dry-run", Usage: "show what would be done and do nothing", EnvVars: env("dry-run")},
		&cli.BoolFlag{Name: "detailed-exitcode", Usage: "with --dry-run: exit with 2 when there are changes", EnvVars: env("detailed-exitcode")},
		&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask for confirmation", EnvVars: env("yes")},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say more about what is done", EnvVars: env("verbose")},
		&cli.DurationFlag{Name: "wait-timeout", Usage: "how long to wait for something to happen", Value: 10 * time.Minute, EnvVars: env("wait-timeout")},
	}
}

func configFlag() cli.Flag {
	return &cli.StringFlag{Name: "config", Aliases: []string{"c"}, Usage: "`FILE` to read the settings from (default: ecsctl.yaml if there is one)", EnvVars: env("config")}
}

func outputFlag() cli.Flag {
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: outputText, Usage: "text or json", EnvVars: env("output")}
}

// readOutput is the value of outputFlag.
func readOutput(c *cli.Context) (string, error) {
	output := c.String("output")
	if output != outputText && output != outputJSON {
		return "", usagef("--output %q: it is text or json", output)
	}
	return output, nil
}

func readOutputOptions(c *cli.Context) (outputOptions, error) {
	o := outputOptions{
		Output: c.String("output"), Verbose: c.Bool("verbose"), Yes: c.Bool("yes"),
		DryRun: c.Bool("dry-run"), DetailedExitCode: c.Bool("detailed-exitcode"),
	}
	if _, err := readOutput(c); err != nil {
		return o, err
	}
	if o.DetailedExitCode && !o.DryRun {
		return o, usagef("--detailed-exitcode goes with --dry-run")
	}
	if c.Duration("wait-timeout") <= 0 {
		return o, usagef("--wait-timeout %s: give a time such as 10m", c.Duration("wait-timeout"))
	}
	return o, nil
}

// needsAnswer refuses a command that would have to ask where nobody can answer.
func (o outputOptions) needsAnswer(streams Streams) error {
	if o.Yes || o.DryRun || streams.CanPrompt {
		return nil
	}
	return usagef("there is no terminal to ask for confirmation: pass --yes to go ahead, or --dry-run to look only")
}

// reportOptions are the flags of every command that looks and changes nothing.
type reportOptions struct {
	Output  string
	Verbose bool
}

func reportFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "config", Aliases: []string{"c"}, Usage: "`FILE` to read the settings from (default: ecsctl.yaml if there is one)", EnvVars: env("config")},
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: outputText, Usage: "text or json", EnvVars: env("output")},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say more about what is done", EnvVars: env("verbose")},
	}
}

func readReportOptions(c *cli.Context) (reportOptions, error) {
	o := reportOptions{Output: c.String("output"), Verbose: c.Bool("verbose")}
	if o.Output != outputText && o.Output != outputJSON {
		return o, usagef("--output %q: it is text or json", o.Output)
	}
	return o, noArguments(c)
}
