//go:build e2e

package worker

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

var (
	binary   string
	moto     *peers.Moto
	prefect3 *peers.Server
	prefect2 *peers.Server
)

func TestMain(m *testing.M) {
	code, err := runMain(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e/worker:", err)
		code = 1
	}
	os.Exit(code)
}

func runMain(m *testing.M) (int, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir, err := os.MkdirTemp("", "ecsctl-e2e-worker-")
	if err != nil {
		return 0, fmt.Errorf("failed to make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	defer killPeers()
	if err := startPeers(ctx, dir); err != nil {
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

func startPeers(ctx context.Context, dir string) error {
	group, starting := errgroup.WithContext(ctx)
	group.Go(func() (err error) { moto, err = peers.StartMoto(starting, dir); return err })
	group.Go(func() (err error) { prefect3, err = peers.StartPrefect(starting, peers.Prefect3, dir); return err })
	group.Go(func() (err error) { prefect2, err = peers.StartPrefect(starting, peers.Prefect2, dir); return err })
	group.Go(func() error {
		binary = filepath.Join(dir, "ecsctl")
		return peers.Build(starting, binary)
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return moto.KeepTasksRunning(ctx)
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
