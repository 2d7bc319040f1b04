//go:build e2e

// Package e2e tests the ecsctl binary against real peers: Prefect 3 and 2 servers
// and their own workers, and moto in the place of AWS. e2e/venvs.sh installs them.
package e2e

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sync/errgroup"

	"ecsctl/e2e/peers"
)

// The peers that all tests of this package share. Each test has an AWS account and
// a work pool of its own in them.
var (
	binary   string
	moto     *peers.Moto
	prefect3 *peers.Server
	prefect2 *peers.Server
)

func TestMain(m *testing.M) {
	code, err := runMain(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func runMain(m *testing.M) (int, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir, err := os.MkdirTemp("", "ecsctl-e2e-")
	if err != nil {
		return 0, fmt.Errorf("failed to make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	defer killPeers()
	if err := startPeers(ctx, dir); err != nil {
		return 0, err
	}
	// An interrupt must not skip the clean-up above.
	done := make(chan int, 1)
	go func() { done <- m.Run() }()
	select {
	case code := <-done:
		return code, nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

func startPeers(ctx context.Context, dir string) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		if moto, err = peers.StartMoto(ctx, dir); err != nil {
			return err
		}
		return moto.KeepTasksRunning(ctx)
	})
	group.Go(func() (err error) { prefect3, err = peers.StartPrefect(ctx, peers.Prefect3, dir); return err })
	group.Go(func() (err error) { prefect2, err = peers.StartPrefect(ctx, peers.Prefect2, dir); return err })
	group.Go(func() error {
		binary = filepath.Join(dir, "ecsctl")
		return peers.Build(ctx, binary)
	})
	return group.Wait()
}

func killPeers() {
	if moto != nil {
		moto.Kill()
	}
	for _, server := range []*peers.Server{prefect3, prefect2} {
		if server != nil {
			server.Kill()
		}
	}
}

// eachServer runs a test once for each Prefect version.
func eachServer(t *testing.T, test func(t *testing.T, server *peers.Server)) {
	for _, server := range []*peers.Server{prefect3, prefect2} {
		t.Run(server.Venv, func(t *testing.T) { test(t, server) })
	}
}
