//go:build unix

package process

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func run(t *testing.T, args ...string) (*Process, *[]string) {
	t.Helper()
	var lines []string
	p, err := Start(Spec{Args: args, Env: []string{"PATH=/usr/bin:/bin"}, Dir: t.TempDir(), Line: func(s string) { lines = append(lines, s) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p, &lines
}

func await(t *testing.T, p *Process) {
	t.Helper()
	timer := time.NewTimer(10 * time.Second)
	defer timer.Stop()
	select {
	case <-p.Done():
	case <-timer.C:
		t.Fatal("the process goes on")
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
	p, _ := run(t, "sh", "-c", "sleep 60; true")
	p.Terminate()
	await(t, p)
	if p.ExitCode() != 143 {
		t.Errorf("got exit code %d", p.ExitCode())
	}
}

func TestOutputHeldOpenByAStrayDoesNotHangTheEnd(t *testing.T) {
	t.Parallel()
	p, lines := run(t, "sh", "-c", "sleep 60 & echo started")
	await(t, p)
	if diff := cmp.Diff([]string{"started"}, *lines); diff != "" {
		t.Error(diff)
	}
}

func TestCommandIsFoundOnItsOwnPath(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "only-here"), []byte("#!/bin/sh\nexit 9\n"), 0o755); err != nil {
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
		p, err := Start(Spec{Args: []string{"sh", "-c", script}, Env: []string{"PATH=/usr/bin:/bin"}, Dir: t.TempDir(), Guard: &guard})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Kill)
		return p
	}
	ended, left := start("exit 0"), start("sleep 60 & wait")
	await(t, ended)
	guard.Close()
	await(t, left)
	if left.ExitCode() != 137 {
		t.Errorf("got exit code %d", left.ExitCode())
	}
}
