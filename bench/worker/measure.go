//go:build e2e

package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"ecsctl/bench/procfs"
	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/wiretap"
	"ecsctl/prefect"
)

const (
	workerName = "bench"
	look       = 50 * time.Millisecond
)

// command starts a worker for a pool.
type command func(pool string) *exec.Cmd

func (r *rig) ours() command {
	return func(pool string) *exec.Cmd {
		return exec.Command(r.binary(), "worker", "start", "--pool", pool, "--name", workerName)
	}
}

func (r *rig) official() (command, error) {
	program, err := peers.Program(r.server.Venv, "prefect")
	return func(pool string) *exec.Cmd {
		return exec.Command(program, "worker", "start", "--pool", pool, "--name", workerName, "--type", "ecs")
	}, err
}

// measure lets one worker launch its runs.
func (r *rig) measure(ctx context.Context, name string, start command) (figures, error) {
	a, err := r.arena(ctx, name)
	if err != nil {
		return figures{}, err
	}
	defer a.close()
	cmd := start(a.pool)
	cmd.Env, cmd.Dir = a.env, r.dir
	began := time.Now()
	process, err := peers.Start(cmd, filepath.Join(r.dir, name+".log"))
	if err != nil {
		return figures{}, err
	}
	defer process.Kill()
	if err := r.awaitOnline(ctx, a.pool, process); err != nil {
		return figures{}, err
	}
	f := figures{online: time.Since(began)}
	before, err := procfs.CPUSeconds(process.PID())
	if err != nil {
		return f, err
	}
	took, err := r.launchAll(ctx, a, process)
	if err != nil {
		return f, fmt.Errorf("%s: %w", name, err)
	}
	return r.account(ctx, a, process, f, before, took)
}

func (r *rig) awaitOnline(ctx context.Context, pool string, process *peers.Process) error {
	return process.Await(ctx, look, func() (bool, error) {
		workers, err := r.api.Workers(ctx, pool)
		return len(workers) > 0 && workers[0].Online(), err
	})
}

// launchAll opens the pool and waits until every run has been launched or refused. The
// time is that from the first claim to the last record of a task.
func (r *rig) launchAll(ctx context.Context, a *arena, process *peers.Process) (time.Duration, error) {
	open := false
	if err := r.api.UpdateWorkPool(ctx, a.pool, prefect.WorkPoolUpdate{IsPaused: &open}); err != nil {
		return 0, err
	}
	var first time.Time
	err := process.Await(ctx, look, func() (bool, error) {
		claimed, recorded := progress(a.prefect.Calls())
		if claimed > 0 && first.IsZero() {
			first = time.Now()
		}
		return recorded >= r.runs, nil
	})
	return time.Since(first), err
}

// progress counts claims, and runs that were given a task or a final state.
func progress(calls []wiretap.Call) (claimed, recorded int) {
	for _, call := range calls {
		switch {
		case call.Status < 200 || call.Status > 299:
		case strings.HasPrefix(call.Operation, "prefect:PATCH /flow_runs/") &&
			strings.Contains(call.Body, "infrastructure_pid"):
			recorded++
		case strings.HasSuffix(call.Operation, "/set_state") && strings.Contains(call.Body, "CRASHED"):
			recorded++
		case strings.HasSuffix(call.Operation, "/set_state"):
			claimed++
		}
	}
	return claimed, recorded
}

func (r *rig) account(ctx context.Context, a *arena, process *peers.Process, f figures, before float64,
	took time.Duration) (figures, error) {
	after, err := procfs.CPUSeconds(process.PID())
	if err != nil {
		return f, err
	}
	if f.peak, err = procfs.PeakMB(process.PID()); err != nil {
		return f, err
	}
	crashed, err := r.api.FilterFlowRuns(ctx, prefect.FlowRunFilter{
		WorkPoolNames: []string{a.pool}, StateTypes: []prefect.StateType{prefect.Crashed},
	})
	n := float64(r.runs)
	f.rate, f.cpu = n/took.Seconds(), (after-before)/n
	f.aws, f.prefect, f.crashed = float64(len(a.aws.Calls()))/n, float64(len(a.prefect.Calls()))/n, len(crashed)
	return f, err
}
