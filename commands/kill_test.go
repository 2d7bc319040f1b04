package commands_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"ecsctl/commands/complete"
	"ecsctl/internal/testkit/inventory"
	"ecsctl/internal/testkit/stage"
	"ecsctl/internal/testkit/wiretap"
	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
)

// account is a world for a Go test, in which ecsctl runs as a process of its own.
type account struct {
	*stage.World
	t   *testing.T
	env []string
	dir string
	lag int
}

func newAccount(t *testing.T) *account {
	t.Helper()
	return openAccount(t, sandbox.Options{})
}

// late is how many calls see a change late in the tests that bootstrap has to converge in whatever
// happens: AWS is eventually consistent.
const late = 2

// newLateAccount is an account in which changes are seen late, but for read.
func newLateAccount(t *testing.T) *account {
	t.Helper()
	a := openAccount(t, sandbox.Options{Lag: late})
	a.lag = late
	return a
}

func openAccount(t *testing.T, opts sandbox.Options, api ...prefectapi.Option) *account {
	t.Helper()
	w, err := stage.NewWorld(opts, "", api...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.End() })
	a := &account{World: w, t: t, dir: t.TempDir()}
	const binary = ".ecsctl-for-image" // where a.dir is: the same word in each run
	if err := stage.WriteTiny(filepath.Join(a.dir, binary)); err != nil {
		t.Fatal(err)
	}
	a.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + a.dir, "ECSCTL_BINARY=" + binary,
		complete.LimitVariable + "=1m", "GOGC=" + os.Getenv("GOGC")}
	for name, value := range w.Env() {
		a.env = append(a.env, name+"="+value)
	}
	return a
}

func (a *account) command(args ...string) (*exec.Cmd, *bytes.Buffer) {
	a.t.Helper()
	cmd := exec.CommandContext(a.t.Context(), "ecsctl", args...)
	cmd.Env, cmd.Dir = a.env, a.dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	return cmd, &out
}

// Run runs ecsctl, which must succeed.
func (a *account) Run(args ...string) {
	a.t.Helper()
	cmd, out := a.command(args...)
	if err := cmd.Run(); err != nil {
		a.t.Fatalf("ecsctl %q: %v\n%s", args, err, out)
	}
}

var (
	bootstrapArgs = []string{"bootstrap", "--pool", "etl", "--yes", "--no-wait"}
	teardownArgs  = []string{"teardown", "--pool", "etl", "--yes"}
)

// killed runs ecsctl and kills it with SIGKILL at the moment.
func (a *account) killed(at wiretap.Moment, args ...string) {
	a.t.Helper()
	a.Tap.Reset()
	cmd, out := a.command(args...)
	started := make(chan struct{})
	a.Tap.Kill(at, func() {
		<-started
		_ = cmd.Process.Kill() // that it was alive shows in the exit code
	})
	if err := cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	close(started)
	err := cmd.Wait()
	if !a.Tap.Sprung() || cmd.ProcessState.ExitCode() != -1 {
		a.t.Fatalf("ecsctl was not killed %s: %v\n%s", at, err, out)
	}
	a.Tap.Reset()
}

func (a *account) read() *inventory.Snapshot {
	a.t.Helper()
	a.caughtUp()
	snap, err := a.Snapshot(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	return snap
}

// caughtUp lets everything that was done so far be seen.
func (a *account) caughtUp() {
	a.Server.SetLag(0)
	a.Server.SetLag(a.lag)
}

// same fails the test unless both snapshots hold the same things.
func (a *account) same(what string, want *inventory.Snapshot) {
	a.t.Helper()
	if diff := inventory.Diff(want, a.read()); diff != "" {
		a.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func (a *account) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// bring puts programs of the tests into the folder that plays an image.
func (a *account) bring(images string, names ...string) {
	a.t.Helper()
	for _, name := range names {
		program, err := exec.LookPath(name)
		a.must(err)
		a.must(os.Symlink(program, filepath.Join(images, name)))
	}
}

// eventually waits for what other processes bring about, until ctx ends, and no longer than only a hang takes.
func (a *account) eventually(ctx context.Context, what string, done func() bool) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, stage.Patience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			a.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// settled fails the test when a dry run still has something to do.
func (a *account) settled() {
	a.t.Helper()
	a.Run("bootstrap", "--pool", "etl", "--dry-run", "--detailed-exitcode")
}

// moments are right before and right after each of the writes.
func moments(writes []string) []wiretap.Moment {
	var out []wiretap.Moment
	seen := map[string]int{}
	for _, operation := range writes {
		seen[operation]++
		out = append(out, wiretap.Moment{
			Operation: operation, N: seen[operation],
		}, wiretap.Moment{Operation: operation, N: seen[operation], After: true})
	}
	return out
}

// Killed at any write and run again, bootstrap ends where an undisturbed run does.
func TestKilledBootstrapConverges(t *testing.T) {
	t.Parallel()
	reference := newLateAccount(t)
	reference.Run(bootstrapArgs...)
	want, writes := reference.read(), reference.Writes()
	if len(writes) < 10 {
		t.Fatalf("only %d writes: %q", len(writes), writes)
	}
	for _, at := range moments(writes) {
		t.Run(at.String(), func(t *testing.T) {
			t.Parallel()
			a := newLateAccount(t)
			a.killed(at, bootstrapArgs...)
			a.Run(bootstrapArgs...)
			a.same("after a kill "+at.String()+" and a second run", want)
			a.settled()
		})
	}
}

// The same for teardown: nothing of ours is left.
func TestKilledTeardownConverges(t *testing.T) {
	t.Parallel()
	reference := newLateAccount(t)
	empty := reference.read()
	reference.Run(bootstrapArgs...)
	reference.Tap.Reset()
	reference.Run(teardownArgs...)
	reference.same("after a teardown", empty)
	for _, at := range moments(reference.Writes()) {
		t.Run(at.String(), func(t *testing.T) {
			t.Parallel()
			a := newLateAccount(t)
			a.Run(bootstrapArgs...)
			a.killed(at, teardownArgs...)
			a.Run(teardownArgs...)
			a.same("after a kill "+at.String()+" and a second run", empty)
		})
	}
}

// Any number of bootstraps of one pool at once all succeed and leave what one leaves.
func TestBootstrapsAtOnceConverge(t *testing.T) {
	t.Parallel()
	reference := newLateAccount(t)
	reference.Run(bootstrapArgs...)
	want := reference.read()
	for round := range 3 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			t.Parallel()
			a := newLateAccount(t)
			var wg sync.WaitGroup
			for range 2 {
				cmd, out := a.command(bootstrapArgs...)
				wg.Go(func() {
					if err := cmd.Run(); err != nil {
						t.Errorf("ecsctl: %v\n%s", err, out)
					}
				})
			}
			wg.Wait()
			a.same("after two at once", want)
			a.settled()
		})
	}
}
