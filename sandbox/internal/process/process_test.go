//go:build unix

package process

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"ecsctl/internal/executable"

	"github.com/google/go-cmp/cmp"
)

func run(t *testing.T, args ...string) (*Process, *[]string) {
	t.Helper()
	var lines []string
	p, err := Start(Spec{Args: args, Env: []string{"PATH=/usr/bin:/bin"}, Dir: t.TempDir(), Line: func(s string) {
		lines = append(lines, s)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p, &lines
}

func await(t *testing.T, p *Process) {
	t.Helper()
	timer := time.NewTimer(2 * time.Minute) // the processes end at once, or only after this
	defer timer.Stop()
	select {
	case <-p.Done():
	case <-timer.C:
		t.Fatal("the process goes on")
	}
}

// eventually waits for something that comes soon, or never.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	limit, tick := time.NewTimer(2*time.Minute), time.NewTicker(time.Millisecond)
	defer limit.Stop()
	defer tick.Stop()
	for !ok() {
		select {
		case <-limit.C:
			t.Fatalf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
}

func TestExitCodeAndLines(t *testing.T) {
	t.Parallel()
	p, lines := run(t, "sh", "-c", "echo out; echo err >&2; printf 'no end'; exit 4")
	await(t, p)
	if p.ExitCode() != 4 {
		t.Errorf("got exit code %d", p.ExitCode())
	}
	if diff := cmp.Diff([]string{"out", "err", "no end"}, *lines); diff != "" {
		t.Error(diff)
	}
}

func TestSignalsReachTheWholeGroup(t *testing.T) {
	t.Parallel()
	p, _ := run(t, "sh", "-c", "sleep 600; true")
	p.Terminate()
	await(t, p)
	if p.ExitCode() != 143 {
		t.Errorf("got exit code %d", p.ExitCode())
	}
}

// Once the command was waited for its id may be that of somebody else's group.
func TestNoSignalIsSentOnceTheCommandWasWaitedFor(t *testing.T) {
	t.Parallel()
	p, _ := run(t, "true")
	await(t, p)
	if err := p.signal(syscall.Signal(0)); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("got %v", err)
	}
}

func TestOutputHeldOpenByAStrayDoesNotHangTheEnd(t *testing.T) {
	t.Parallel()
	p, lines := run(t, "sh", "-c", "sleep 600 & echo started")
	await(t, p)
	if diff := cmp.Diff([]string{"started"}, *lines); diff != "" {
		t.Error(diff)
	}
}

func TestCommandIsFoundOnItsOwnPath(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := executable.Write(filepath.Join(dir, "only-here"), []byte("#!/bin/sh\nexit 9\n")); err != nil {
		t.Fatal(err)
	}
	p, err := Start(Spec{Args: []string{"only-here"}, Env: []string{"PATH=/bin", "PATH=" + dir + ":/bin"}})
	if err != nil {
		t.Fatal(err)
	}
	await(t, p)
	if p.ExitCode() != 9 {
		t.Errorf("got exit code %d", p.ExitCode())
	}
	_, err = Start(Spec{Args: []string{"only-here"}, Env: []string{"PATH=/bin"}})
	var notFound *NotFoundError
	if !errors.As(err, &notFound) || notFound.Command != "only-here" {
		t.Errorf("got %v", err)
	}
	if _, err := Start(Spec{}); err == nil {
		t.Error("started without a command")
	}
}

// TestGuardKillsWhatIsLeft does to the guard what the end of the sandbox does to it.
func TestGuardKillsWhatIsLeft(t *testing.T) {
	t.Parallel()
	var guard Guard
	start := func(script string) *Process {
		p, err := Start(Spec{Args: []string{"sh", "-c", script}, Env: []string{"PATH=/usr/bin:/bin"}, Dir: t.TempDir(),
			Guard: &guard})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Kill)
		return p
	}
	ended, left := start("exit 0"), start("sleep 600 & wait")
	await(t, ended)
	guard.Close()
	await(t, left)
	if left.ExitCode() != 137 {
		t.Errorf("got exit code %d", left.ExitCode())
	}
}
