package commands_test

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"ecsctl/commands"
)

// The test binary plays two programs: ecsctl itself, and in the containers of the
// sandbox `prefect`: a worker that does no more than say that it is alive, and
// `prefect flow-run execute`.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ecsctl": ecsctl, "prefect": prefectProgram, "pip": func() {}, "docker": dockerProgram, "python": pythonProgram, "quick-worker": quickWorkerProgram})
}

// ecsctl is main.go's main.
func ecsctl() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(commands.Main(ctx, os.Args, commands.SystemStreams()))
}

// ownPort is the port of a container's health checks, whatever its task definition says: the
// official image has 8080, which the tasks of a sandbox would share.
const ownPort = "ECSCTL_TEST_HEALTH_PORT"

func useOwnPort() {
	port := os.Getenv(ownPort)
	if port == "" {
		return
	}
	_ = os.Setenv("PREFECT_WORKER_WEBSERVER_HOST", "127.0.0.1") // neither name nor value is odd
	_ = os.Setenv("PREFECT_WORKER_WEBSERVER_PORT", port)
	_ = os.Setenv("PREFECT_WORKER_QUERY_SECONDS", "1")
	_ = os.Setenv("PREFECT_WORKER_HEARTBEAT_SECONDS", "1")
}

// quickWorkerProgram is a worker in the official image that polls often.
func quickWorkerProgram() {
	useOwnPort()
	ecsctl()
}

// pythonProgram is `python` of the official image, which health checks alone call there: they ask
// the worker of their container whether it is well.
func pythonProgram() {
	useOwnPort()
	os.Args = []string{"ecsctl", "worker", "health"}
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
			"snapshot": cmdSnapshot, "same": cmdSame, "flat": cmdFlat, "status": cmdStatus, "mend": cmdMend, "tiny": cmdTiny, "real-ecsctl": cmdRealECSCTL,
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
