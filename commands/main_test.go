package commands_test

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"ecsctl/commands"
	"ecsctl/commands/console"
	"ecsctl/internal/testkit/inmemory"
	"ecsctl/internal/testkit/stage"
)

// tests are this binary's own; it is the programs of scripts, too.
type tests struct{ *testing.M }

func (t tests) Run() int {
	inmemory.Use()
	return t.M.Run()
}

func TestMain(m *testing.M) {
	testscript.Main(tests{m}, stage.Programs(func() { os.Exit(commands.Main(os.Args, console.SystemStreams())) }))
}
