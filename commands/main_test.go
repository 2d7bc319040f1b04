package commands_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"ecsctl/commands"
)

// The test binary plays two programs: ecsctl itself, and in the containers of the
// sandbox `prefect`: a worker that does no more than say that it is alive, and
// `prefect flow-run execute`.
func TestMain(m *testing.M) {
	// The tests wait more than they compute.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"ecsctl": ecsctl, "prefect": prefectProgram, "pip": func() {}, "docker": dockerProgram, "quick-worker": quickWorkerProgram})
}

// ecsctl is main.go's main.
func ecsctl() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(commands.Main(ctx, os.Args, commands.SystemStreams()))
}

// quickWorkerProgram is ecsctl with a health port of its own, in a container whose image
// says nothing of that.
func quickWorkerProgram() {
	env, err := quickWorker()
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		err = errors.Join(err, os.Setenv(name, value))
	}
	if err != nil {
		panic(err)
	}
	ecsctl()
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setUpScript,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sandbox": cmdSandbox, "fault": cmdFault, "aws": cmdAWS, "prefect-api": cmdPrefect,
			"exits": cmdExits, "writes": cmdWrites, "await": cmdAwait, "interrupt": cmdInterrupt,
			"snapshot": cmdSnapshot, "same": cmdSame, "flat": cmdFlat, "status": cmdStatus, "mend": cmdMend, "tiny": cmdTiny, "base": cmdBase, "real-ecsctl": cmdRealECSCTL,
		},
	})
}

func prefectProgram() {
	if len(os.Args) > 1 && os.Args[1] == "flow-run" {
		os.Exit(execute())
	}
	prefectWorker()
}

// signalled ends with SIGTERM, as the programs of containers do.
func signalled() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx
}
