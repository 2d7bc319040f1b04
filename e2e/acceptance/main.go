//go:build e2e

// Acceptance goes through the whole guide, end to end, in an account: the sandbox's, moto's, or a real
// one, and says what it saw in a report that can be attached to a bug. `make acceptance` runs it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	if filepath.Base(os.Args[0]) == playedProgram {
		os.Exit(play())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	passed, err := accept(ctx, os.Environ(), os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "acceptance:", err)
	}
	if err != nil || !passed {
		stop()
		os.Exit(1)
	}
}
