//go:build e2e

package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"

	"ecsctl/e2e/peers"
	"ecsctl/internal/pause"
)

const (
	// settling is for what a worker does once, after it has come online.
	settling = 30 * time.Second
	// healthChecks are averaged: one is a few milliseconds.
	healthChecks = 20
	healthPort   = "PREFECT_WORKER_WEBSERVER_PORT"
)

// idle counts what a worker without runs asks of its server. The server keeps connections, as
// Cloud and load balancers do, so one that is made anew is the worker's own doing.
func (r *rig) idle(ctx context.Context, a *arena, f *figures) error {
	if r.idleFor == 0 {
		return nil
	}
	if err := pause.For(ctx, settling); err != nil {
		return err
	}
	before := len(a.prefect.Calls())
	if err := pause.For(ctx, r.idleFor); err != nil {
		return err
	}
	calls := a.prefect.Calls()[before:]
	ports := map[string]bool{}
	for _, call := range calls {
		ports[call.Port] = true
	}
	f.idleCalls, f.idleConnections = float64(len(calls))/r.idleFor.Minutes(), float64(len(ports))
	return nil
}

// check is a program that asks a worker on this machine for its health.
type check func(port string) *exec.Cmd

func oursCheck(binary string) check {
	return func(port string) *exec.Cmd {
		cmd := exec.Command(binary, "worker", "health")
		cmd.Env = []string{healthPort + "=" + port}
		return cmd
	}
}

// officialCheck is what a container of the official worker can ask with: it has no command for
// it, and its image no curl.
func (r *rig) officialCheck() (check, error) {
	python, err := peers.Program(r.server.Venv, "python")
	return func(port string) *exec.Cmd {
		return exec.Command(python, "-c", fmt.Sprintf(
			"import urllib.request; urllib.request.urlopen('http://127.0.0.1:%s/health')", port))
	}, err
}

// health measures the CPU milliseconds of one health check.
func (f *figures) measureHealth(ask check, port string) error {
	var used time.Duration
	for range healthChecks {
		cmd := ask(port)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", filepath.Base(cmd.Path), err, out)
		}
		used += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	f.health = used.Seconds() * 1000 / healthChecks
	return nil
}
