//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// runLimit is for one run of ecsctl, a wait for a worker included.
const runLimit = 3 * time.Minute

// output is what a run of ecsctl left behind.
type output struct {
	args           []string
	stdout, stderr string
	code           int // -1 when it was killed
}

// report is the JSON that bootstrap and teardown print.
type report struct {
	Changes []struct {
		Kind, Name, Action, ID, Reason string
		Fields                         []struct {
			Path          string
			Before, After any
		}
	}
	Applied []struct{ Kind, Name, Action, ID string }
	Worker  struct{ Name, Status string }
}

// running is an ecsctl that was started.
type running struct {
	w              *world
	cmd            *exec.Cmd
	cancel         context.CancelFunc
	stdout, stderr bytes.Buffer
}

// start starts ecsctl. Standard input is empty and not a terminal.
func (w *world) start(args ...string) *running {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), runLimit)
	r := &running{w: w, cmd: exec.CommandContext(ctx, all.Binary, args...), cancel: cancel}
	r.cmd.Env, r.cmd.Dir = w.env, w.home
	r.cmd.Stdout, r.cmd.Stderr = &r.stdout, &r.stderr
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	w.must(os.MkdirAll(w.home+"/tmp", 0o700))
	w.must(r.cmd.Start())
	return r
}

// wait waits for the end of the run and files its output.
func (r *running) wait() output {
	r.w.t.Helper()
	defer r.cancel()
	err := r.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.w.t.Fatalf("ecsctl %q: %v", r.cmd.Args[1:], err)
	}
	out := output{r.cmd.Args[1:], r.stdout.String(), r.stderr.String(), r.cmd.ProcessState.ExitCode()}
	r.w.outputs = append(r.w.outputs, out)
	return out
}

// ecsctl runs a command to its end and fails the test unless it exits with code.
func (w *world) ecsctl(code int, args ...string) output {
	w.t.Helper()
	out := w.start(args...).wait()
	if out.code != code {
		w.t.Fatalf("ecsctl %s: exit code %d, want %d\nstdout:\n%s\nstderr:\n%s",
			strings.Join(args, " "), out.code, code, out.stdout, out.stderr)
	}
	return out
}

// bootstrapArgs are those of a bootstrap that does not wait for a worker.
func (w *world) bootstrapArgs(more ...string) []string {
	return append([]string{"bootstrap", "--pool", w.pool, "--region", region, "--yes", "--no-wait"}, more...)
}

func (w *world) teardownArgs(more ...string) []string {
	return append([]string{"teardown", "--pool", w.pool, "--region", region, "--yes"}, more...)
}

func (w *world) bootstrap(more ...string) output {
	w.t.Helper()
	return w.ecsctl(0, w.bootstrapArgs(more...)...)
}

func (w *world) teardown(more ...string) output {
	w.t.Helper()
	return w.ecsctl(0, w.teardownArgs(more...)...)
}

// plan is a dry run of bootstrap: what it would do, as "kind action", sorted,
// without what stays as it is.
func (w *world) plan(more ...string) []string {
	w.t.Helper()
	out := w.ecsctl(0, w.bootstrapArgs(append(more, "--dry-run", "--output", "json")...)...)
	var changes []string
	for _, change := range w.report(out).Changes {
		if change.Action != "none" && change.Action != "adopt" {
			changes = append(changes, change.Kind+" "+change.Action)
		}
	}
	slices.Sort(changes)
	return changes
}

func (w *world) report(out output) report {
	w.t.Helper()
	var r report
	if err := json.Unmarshal([]byte(out.stdout), &r); err != nil {
		w.t.Fatalf("ecsctl %q printed no JSON: %v\n%s", out.args, err, out.stdout)
	}
	return r
}
