package commands

import "github.com/urfave/cli/v2"

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
