package commands

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"
)

// version is what the Go toolchain has stamped: the tag of a release, else a version
// made of the commit, or "dev" where there is neither.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

const versionDescription = `Example:

   ecsctl version
   ecsctl version --output json

Tells which build of ecsctl this is: what to write into a bug report.`

// buildFacts are what the Go toolchain wrote into the binary. Commit, time and modified
// are there only when it was built in a checkout.
type buildFacts struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Time     string `json:"commitTime,omitempty"` // RFC 3339
	Modified bool   `json:"modified"`             // the checkout had changes
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func versionCommand(streams Streams) *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "tell which build this is", Description: versionDescription, OnUsageError: usageError,
		Flags: []cli.Flag{outputFlag()},
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			output, err := readOutput(c)
			if err != nil {
				return err
			}
			return runVersion(c.Context, streams, output)
		},
	}
}

func runVersion(_ context.Context, streams Streams, output string) error {
	facts := readBuildFacts()
	if output == outputJSON {
		encoder := json.NewEncoder(streams.Out)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(facts); err != nil {
			return fmt.Errorf("failed to write the version: %w", err)
		}
		return nil
	}
	printf(streams.Out, "ecsctl version %s\n", facts.Version)
	if facts.Commit != "" {
		changed := ""
		if facts.Modified {
			changed = ", with changes"
		}
		printf(streams.Out, "commit %s of %s%s\n", facts.Commit, facts.Time, changed)
	}
	printf(streams.Out, "%s, %s\n", facts.Go, facts.Platform)
	return nil
}

func readBuildFacts() buildFacts {
	facts := buildFacts{Version: version(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return facts
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			facts.Commit = setting.Value
		case "vcs.time":
			facts.Time = setting.Value
		case "vcs.modified":
			facts.Modified = setting.Value == "true"
		}
	}
	return facts
}
