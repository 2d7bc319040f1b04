package chaos_test

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ecsctl/commands"
)

// What `make chaos` turns up.
var (
	firstSeed = flag.Uint64("seed", 1, "the first seed")
	seeds     = flag.Int("seeds", 1, "how many seeds, one after the other")
	runs      = flag.Int("runs", 60, "flow runs for each seed")
)

// The test binary plays three programs, by the name that it is called with: the tests,
// ecsctl, and `prefect flow-run execute` in the containers of the sandbox.
func TestMain(m *testing.M) {
	switch strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe") {
	case "ecsctl":
		os.Exit(ecsctl())
	case "prefect":
		os.Exit(execute())
	}
	os.Exit(m.Run())
}

// ecsctl is main.go's main.
func ecsctl() int {
	ctx, stop := signalled()
	context.AfterFunc(ctx, stop) // the second signal is the command's own
	return commands.Main(ctx, os.Args, commands.SystemStreams())
}

func signalled() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

// programs is a directory in which this binary is ecsctl and prefect.
func programs(t *testing.T) string {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"ecsctl", "prefect"} {
		if err := os.Symlink(binary, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
