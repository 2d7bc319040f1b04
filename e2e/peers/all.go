//go:build e2e

package peers

import (
	"context"
	"path/filepath"
	"testing"

	"golang.org/x/sync/errgroup"
)

// All are the peers of a package's tests: each test has an AWS account and a work pool
// of its own in them.
type All struct {
	Binary   string // of ecsctl
	Moto     *Moto
	Prefect3 *Server
	Prefect2 *Server
}

// Start starts all of them, with tasks of moto that run for as long as ctx lives.
func (a *All) Start(ctx context.Context, dir string) error {
	group, starting := errgroup.WithContext(ctx)
	group.Go(func() (err error) { a.Moto, err = StartMoto(starting, dir); return err })
	group.Go(func() (err error) { a.Prefect3, err = StartPrefect(starting, Prefect3, dir); return err })
	group.Go(func() (err error) { a.Prefect2, err = StartPrefect(starting, Prefect2, dir); return err })
	group.Go(func() error {
		a.Binary = filepath.Join(dir, "ecsctl")
		return Build(starting, a.Binary)
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return a.Moto.KeepTasksRunning(ctx)
}

// Kill ends those that were started.
func (a *All) Kill() {
	if a.Moto != nil {
		a.Moto.Kill()
	}
	for _, server := range a.servers() {
		if server != nil {
			server.Kill()
		}
	}
}

func (a *All) servers() []*Server { return []*Server{a.Prefect3, a.Prefect2} }

// EachServer runs a test once for each Prefect version.
func (a *All) EachServer(t *testing.T, test func(t *testing.T, server *Server)) {
	t.Helper()
	for _, server := range a.servers() {
		t.Run(server.Venv, func(t *testing.T) { test(t, server) })
	}
}
