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
	"ecsctl/internal/ownport"
	"ecsctl/internal/testkit/wiretap"
	"ecsctl/prefect"
)

const (
	workerName = "bench"
	look       = 50 * time.Millisecond
)

// contestant is a worker that is measured.
type contestant struct {
	name  string
	start func(pool string) *exec.Cmd
	check check
}

// ours is the worker of an ecsctl, of this source or an earlier one.
func ours(name, binary string) contestant {
	return contestant{name: name, check: oursCheck(binary), start: func(pool string) *exec.Cmd {
		return exec.Command(binary, "worker", "start", "--pool", pool, "--name", workerName, "--with-healthcheck")
	}}
}

func (r *rig) official() (contestant, error) {
	program, err := peers.Program(r.server.Venv, "prefect")
	if err != nil {
		return contestant{}, err
	}
	check, err := r.officialCheck()
	return contestant{name: "official", check: check, start: func(pool string) *exec.Cmd {
		return exec.Command(program, "worker", "start", "--pool", pool, "--name", workerName, "--type", "ecs",
			"--with-healthcheck")
	}}, err
}

// measure lets one worker launch its runs.
func (r *rig) measure(ctx context.Context, c contestant) (figures, error) {
	a, err := r.arena(ctx, c.name)
	if err != nil {
		return figures{}, err
	}
	defer a.close()
	port, err := ownport.Take()
	if err != nil {
		return figures{}, err
	}
	cmd := c.start(a.pool)
	cmd.Env, cmd.Dir = append(a.env, healthPort+"="+port), r.dir
	began := time.Now()
	process, err := peers.Start(cmd, filepath.Join(r.dir, c.name+".log"))
	if err != nil {
		return figures{}, err
	}
	defer process.Kill()
	if err := r.awaitOnline(ctx, a.pool, process); err != nil {
		return figures{}, err
	}
	f := figures{online: time.Since(began)}
	if err := r.idle(ctx, a, &f); err != nil {
		return f, err
	}
	if err := f.measureHealth(c.check, port); err != nil {
		return f, fmt.Errorf("%s: %w\n%s", c.name, err, process.Tail())
	}
	idleAWS, idlePrefect := len(a.aws.Calls()), len(a.prefect.Calls())
	before, err := procfs.CPUSeconds(process.PID())
	if err != nil {
		return f, err
	}
	took, err := r.launchAll(ctx, a, process)
	if err != nil {
		return f, fmt.Errorf("%s: %w", c.name, err)
	}
	f, err = r.account(ctx, a, process, f, before, took)
	f.aws -= float64(idleAWS) / float64(r.runs)
	f.prefect -= float64(idlePrefect) / float64(r.runs)
	return f, err
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
