//go:build e2e

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"ecsctl/e2e/peers"
	"ecsctl/internal/executable"
	"ecsctl/prefect"
)

// suite is one acceptance under way.
type suite struct {
	options
	far    *farEnd
	report *report
	dir    string
	binary string // of ecsctl
	newer  string // the next version of it

	broken     string // what the failed bootstrap left, "" before it
	deployment *prefect.Deployment
	flow       *prefect.Flow
	firstTask  string // of the worker
}

// accept runs the suite and writes its report. It is false when a step failed.
func accept(ctx context.Context, environ []string, out io.Writer) (bool, error) {
	o, err := readOptions(environ)
	if err != nil {
		return false, err
	}
	fmt.Fprintln(out, o.description())
	if o.describe {
		return true, nil
	}
	s, end, err := o.prepare(ctx, out)
	defer end()
	if err != nil {
		return false, err
	}
	s.run(ctx, steps)
	if err := os.WriteFile(o.report, []byte(s.report.String()), 0o600); err != nil {
		return false, fmt.Errorf("failed to write the report: %w", err)
	}
	fmt.Fprintf(out, "\nthe report, without secrets: %s\n", o.report)
	return s.report.passed(), nil
}

// prepare makes the programs and opens the far end; end is to be called in any case.
func (o options) prepare(ctx context.Context, out io.Writer) (s *suite, end func(), err error) {
	dir, err := os.MkdirTemp("", "ecsctl-acceptance-")
	if err != nil {
		return nil, func() {}, fmt.Errorf("failed to make a folder: %w", err)
	}
	end = func() { os.RemoveAll(dir) }
	s = &suite{options: o, dir: dir, binary: filepath.Join(dir, "ecsctl"), newer: filepath.Join(dir, "ecsctl-newer")}
	if err := s.build(ctx); err != nil {
		return nil, end, err
	}
	s.far, err = o.open(ctx, dir)
	if s.far == nil {
		return nil, end, err
	}
	s.report = &report{out: out, secrets: s.far.secrets}
	return s, func() { s.far.close(); os.RemoveAll(dir) }, err
}

// build makes ecsctl, and a newer one: other bytes are another image.
func (s *suite) build(ctx context.Context) error {
	if err := peers.Build(ctx, s.binary); err != nil {
		return err
	}
	program, err := os.ReadFile(s.binary)
	if err != nil {
		return err
	}
	return executable.Write(s.newer, append(program, "the next version"...))
}

// run goes through the steps until one fails, and takes everything away in any case.
func (s *suite) run(ctx context.Context, steps []step) {
	s.report.head = s.head(ctx)
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ok := true
	for _, step := range steps {
		switch {
		case !ok:
			s.report.step(step.name, skipped, "a step before it failed", 0)
		case step.tasks && !s.far.runsTasks:
			s.report.step(step.name, skipped, s.on+" runs no containers", 0)
		default:
			ok = s.do(limited, step)
		}
	}
	after, stop := context.WithTimeout(context.WithoutCancel(ctx), cleaning)
	defer stop()
	for _, step := range cleanUp {
		s.do(after, step)
	}
}

func (s *suite) do(ctx context.Context, step step) bool {
	began := time.Now()
	said, err := step.run(s, ctx)
	if errors.Is(err, errNotAsked) {
		s.report.step(step.name, skipped, err.Error(), 0)
		return true
	}
	if err != nil {
		s.report.step(step.name, failed, err.Error(), time.Since(began))
		return false
	}
	s.report.step(step.name, passed, said, time.Since(began))
	return true
}

func (s *suite) head(ctx context.Context) string {
	version, _ := s.ecsctl(ctx, s.binary, "--version")
	server, err := s.far.api.ServerVersion(ctx)
	if err != nil {
		server = "not told"
	}
	return fmt.Sprintf("On %s, region %s, %s. %s; Prefect %s. At most %.2f dollars.\n", s.on, s.region,
		time.Now().UTC().Format(time.DateTime), firstLine(version), server, ceiling())
}

// exits is the end of a command that did not end well.
type exits struct{ code int }

func (e exits) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// ecsctl runs a command as a person would, and returns all that it says.
func (s *suite) ecsctl(ctx context.Context, binary string, args ...string) (string, error) {
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = s.far.env, s.dir, &out, &out
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it ends cleanly
	cmd.WaitDelay = time.Minute
	err := cmd.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		err = exits{ended.ExitCode()}
	}
	if err != nil && s.report != nil {
		fmt.Fprintf(&s.report.output, "$ ecsctl %q: %v\n%s\n", args, err, out.String())
	}
	return out.String(), err
}

// must is a command that has to end well.
func (s *suite) must(ctx context.Context, args ...string) (string, error) {
	out, err := s.ecsctl(ctx, s.binary, args...)
	if err != nil {
		err = fmt.Errorf("ecsctl %s: %w: %s", args[0], err, lastLines(out))
	}
	return out, err
}
