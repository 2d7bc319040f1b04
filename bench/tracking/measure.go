//go:build e2e

package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ecsctl/bench/procfs"
	"ecsctl/e2e/peers"
	"ecsctl/prefect"
	"ecsctl/sandbox/fault"
)

// measure lets one worker do everything, in two sandboxes of its own.
func measure(ctx context.Context, dir string, c contestant, s sizes) (figures, error) {
	var f figures
	if err := tracking(ctx, filepath.Join(dir, c.name), c, s, &f); err != nil {
		return f, err
	}
	c.free = nil
	return f, atQuotas(ctx, filepath.Join(dir, c.name+"-quotas"), c, s, &f)
}

func tracking(ctx context.Context, dir string, c contestant, s sizes, f *figures) error {
	a, process, err := begin(ctx, dir, c, s.tracked, nil)
	if err != nil {
		return err
	}
	defer a.close()
	defer process.Kill()
	before, err := procfs.ResidentMB(process.PID())
	if err != nil {
		return err
	}
	if err := a.launchAll(ctx, process, s.tracked); err != nil {
		return err
	}
	f.rate = a.tasks.rate()
	if err := idle(ctx, process, s, before, f); err != nil {
		return err
	}
	return a.endings(ctx, process, s.ends, f)
}

// begin starts the worker before a paused pool with runs that are due.
func begin(ctx context.Context, dir string, c contestant, runs int,
	quotas []fault.Quota) (*arena, *peers.Process, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, err
	}
	a, err := newArena(ctx, dir, quotas)
	if err != nil {
		return nil, nil, err
	}
	if err := a.seed(ctx, runs); err != nil {
		return nil, nil, err
	}
	process, err := a.start(ctx, c)
	return a, process, err
}

func (a *arena) launchAll(ctx context.Context, process *peers.Process, runs int) error {
	if err := a.open(ctx); err != nil {
		return err
	}
	return process.Await(ctx, look, func() (bool, error) { return a.tasks.count() >= runs, nil })
}

// idle counts what tracking costs while nothing happens.
func idle(ctx context.Context, process *peers.Process, s sizes, before float64, f *figures) error {
	settle := 5 * time.Second // what is left of the launches
	for _, wait := range []time.Duration{settle, s.idle} {
		used, err := procfs.CPUSeconds(process.PID())
		if err != nil {
			return err
		}
		began := time.Now()
		if err := process.Await(ctx, look, func() (bool, error) { return time.Since(began) >= wait, nil }); err != nil {
			return err
		}
		after, err := procfs.CPUSeconds(process.PID())
		if err != nil {
			return err
		}
		f.cpu = (after - used) / wait.Minutes() / float64(s.tracked) * 1000
	}
	now, err := procfs.ResidentMB(process.PID())
	f.memory = (now - before) / float64(s.tracked) * 1000
	return err
}

// endings ends tasks one after the other, and waits for each run's state.
func (a *arena) endings(ctx context.Context, process *peers.Process, n int, f *figures) error {
	var took []time.Duration
	for range n {
		id := a.tasks.endOne()
		err := process.Await(ctx, look, func() (bool, error) {
			run, err := a.api.ReadFlowRun(ctx, id)
			return err == nil && run.StateType == prefect.Crashed, err
		})
		if err != nil {
			return err
		}
		took = append(took, time.Since(a.tasks.endedAt(id)))
	}
	slices.Sort(took)
	f.median, f.most = took[len(took)/2], took[len(took)-1]
	return nil
}

// quotas are what AWS gives an account by default.
func quotas() []fault.Quota {
	return []fault.Quota{
		{Service: "fargate", Operation: "launch", Rate: 20, Burst: 100},
		{Service: "ecs", Operation: "RunTask", Rate: 20, Burst: 100},
		{Service: "ecs", Operation: "RegisterTaskDefinition", Rate: 1, Burst: 20},
		{Service: "ecs", Operation: "DescribeTasks", Rate: 20, Burst: 50},
	}
}

func atQuotas(ctx context.Context, dir string, c contestant, s sizes, f *figures) error {
	a, process, err := begin(ctx, dir, c, s.quota, quotas())
	if err != nil {
		return err
	}
	defer a.close()
	defer process.Kill()
	if err := a.launchAll(ctx, process, s.quota); err != nil {
		return err
	}
	f.quota = a.tasks.rate()
	refused, calls := 0, 0
	for _, call := range a.tap.Calls() {
		if !strings.HasPrefix(call.Operation, "ecs:") {
			continue
		}
		calls++
		if call.Status >= 400 { // nothing else is refused here
			refused++
		}
	}
	f.throttled = float64(refused) / float64(calls)
	return nil
}
