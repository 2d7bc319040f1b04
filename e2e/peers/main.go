//go:build e2e

package peers

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// Main runs the tests of a package and ends the process. The tests come after start,
// which has a folder for what it makes; kill ends what it started, when it failed
// half-way too. An interrupt does not skip that, nor the folder's end.
func Main(m *testing.M, start func(ctx context.Context, dir string) error, kill func()) {
	code, err := runMain(m, start, kill)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func runMain(m *testing.M, start func(ctx context.Context, dir string) error, kill func()) (int, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir, err := os.MkdirTemp("", "ecsctl-e2e-")
	if err != nil {
		return 0, fmt.Errorf("failed to make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	defer kill()
	if err := start(ctx, dir); err != nil {
		return 0, err
	}
	done := make(chan int, 1)
	go func() { done <- m.Run() }()
	select {
	case code := <-done:
		return code, nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}
