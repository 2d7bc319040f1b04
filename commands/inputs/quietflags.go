package inputs

import (
	"slices"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
)

// QuietFlags are those of SpecFlags for a command that is not bootstrap: its help shows where it looks, and
// leaves the settings of bootstrap, which it takes too, to the help of that.
func QuietFlags(flags []SpecFlag) []cli.Flag {
	out := CliFlags(flags)
	var shown []string
	for _, f := range PlaceFlags() {
		shown = append(shown, f.Flag.Names()[0])
	}
	for _, f := range out {
		if !slices.Contains(shown, f.Names()[0]) {
			console.Hide(f, true)
		}
	}
	return out
}
