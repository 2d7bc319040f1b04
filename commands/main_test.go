package commands_test

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"ecsctl/commands"
	"ecsctl/commands/console"
	"ecsctl/internal/testkit/stage"
)

func TestMain(m *testing.M) {
	testscript.Main(m, stage.Programs(func() { os.Exit(commands.Main(os.Args, console.SystemStreams())) }))
}
