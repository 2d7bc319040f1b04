package chaos_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ecsctl/commands"
	"ecsctl/commands/console"
	"ecsctl/internal/testkit/inmemory"
)

// What `make chaos` turns up.
var (
	firstSeed = flag.Uint64("seed", 1, "the first seed")
	seeds     = flag.Int("seeds", 1, "how many seeds; -test.parallel says how many at once")
	runs      = flag.Int("runs", 60, "flow runs for each seed")
	scale     = flag.Int("scale", 20, "how many times shorter than in earnest the times of the workers, the network, "+
		"the flow runs and the kills are; 1 is in earnest")
)

// scaled is that time in a test of TestEveryRunIsExecutedOnce.
func scaled(inEarnest time.Duration) time.Duration { return inEarnest / time.Duration(*scale) }

// The test binary plays two programs, by the name that it is called with: the tests and
// ecsctl.
func TestMain(m *testing.M) {
	if strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe") == "ecsctl" {
		os.Exit(commands.Main(os.Args, console.SystemStreams()))
	}
	inmemory.Use()
	os.Exit(m.Run())
}

// programs is a directory with ecsctl, which is this binary.
func programs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Symlink(must(os.Executable())(t), filepath.Join(dir, "ecsctl")); err != nil {
		t.Fatal(err)
	}
	return dir
}
