package commands_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"syscall"
	"testing"

	"ecsctl/internal/testkit/stage"
)

func (a *account) limited() context.Context {
	ctx, cancel := context.WithTimeout(a.t.Context(), stage.Patience)
	a.t.Cleanup(cancel)
	return ctx
}

// stays tells of a command that goes on until Ctrl-C what shows that it has begun, and the
// exit code it then has: stopping is what a server or a watch is for, and an interruption elsewhere.
func stays(line string) (sign string, code int) {
	switch {
	case strings.HasPrefix(line, "ecsctl worker start"):
		return "the worker has started", 0
	case strings.HasPrefix(line, "ecsctl sandbox") && !strings.Contains(line, " -- "):
		return "AWS_ENDPOINT_URL", 0
	case strings.Contains(line, " --watch"):
		return `work pool "my-ecs-pool" is `, 0
	case strings.Contains(line, " --follow"):
		return "the worker has started", 130
	}
	return "", 0
}

// untilInterrupted runs a line until the sign, presses Ctrl-C and expects the exit code.
func (a *account) untilInterrupted(line, sign string, code int) {
	a.t.Helper()
	cmd, out := a.bounded("exec "+line), &seen{sign: sign, found: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }() // the exit code says it; the context kills it
	select {
	case <-out.found:
	case <-ended:
		a.t.Fatalf("it ended before it showed %q: %v\n%s", sign, cmd.ProcessState, out)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		a.t.Fatal(err)
	}
	<-ended
	if got := cmd.ProcessState.ExitCode(); got != code {
		a.t.Errorf("exit code %d after Ctrl-C, want %d:\n%s", got, code, out)
	}
}

// seen collects output and tells when a sign was in it.
type seen struct {
	sign  string
	found chan struct{}

	mu     sync.Mutex
	told   bool
	buffer bytes.Buffer
}

func (s *seen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.buffer.Write(p)
	if !s.told && strings.Contains(s.buffer.String(), s.sign) {
		s.told = true
		close(s.found)
	}
	return n, err
}

func (s *seen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buffer.String()
}

// as is the account in the hands of a subtest.
func (a *account) as(t *testing.T) *account {
	out := *a
	out.t = t
	return &out
}
