package commands_test

import (
	"flag"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"ecsctl/commands"
	"ecsctl/commands/console"
	"ecsctl/internal/testkit/stage"
)

func TestMain(m *testing.M) {
	// The tests wait more than they compute.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	testscript.Main(m, stage.Programs(func() { os.Exit(commands.Main(os.Args, console.SystemStreams())) }))
}
