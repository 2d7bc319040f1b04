//go:build e2e

package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"ecsctl/bench/procfs"
	"ecsctl/e2e/peers"
	"ecsctl/internal/pause"
)

// silence is for how long nothing is launched before what is missing is lost, and how long is
// waited for what comes twice.
const silence, again = 2 * time.Minute, 15 * time.Second

// measure lets workers launch all runs of all pools.
func measure(ctx context.Context, dir, binary string, workers, pools, runs int) (figures, error) {
	var f figures
	dir, err := os.MkdirTemp(dir, "arena-")
	if err != nil {
		return f, err
	}
	a, err := newArena(ctx, dir, pools)
	if err != nil {
		return f, err
	}
	defer a.close()
	for _, pool := range a.pools {
		if err := a.seed(ctx, pool, runs); err != nil {
			return f, err
		}
	}
	var processes []*peers.Process
	for i := range workers {
		process, err := a.start(ctx, binary, fmt.Sprint("worker-", i))
		if err != nil {
			return f, err
		}
		defer process.Kill()
		processes = append(processes, process)
	}
	used, err := cpu(processes)
	if err != nil {
		return f, err
	}
	began := time.Now()
	if err := a.open(ctx); err != nil {
		return f, err
	}
	if err := a.awaitAll(ctx, pools*runs); err != nil {
		return f, err
	}
	after, err := cpu(processes)
	if err != nil {
		return f, err
	}
	f.cpu = 1000 * (after - used) / float64(pools*runs)
	if err := pause.For(ctx, again); err != nil {
		return f, err
	}
	for _, p := range processes {
		peak, err := procfs.PeakMB(p.PID())
		if err != nil {
			return f, err
		}
		f.peak = max(f.peak, peak)
	}
	a.judge(&f, began)
	return f, nil
}

func cpu(processes []*peers.Process) (total float64, err error) {
	for _, p := range processes {
		used, err := procfs.CPUSeconds(p.PID())
		if err != nil {
			return 0, err
		}
		total += used
	}
	return total, nil
}

// awaitAll waits until all runs were launched, or none was for long.
func (a *arena) awaitAll(ctx context.Context, runs int) error {
	for last, since := 0, time.Now(); last < runs && time.Since(since) < silence; {
		if err := pause.For(ctx, look); err != nil {
			return err
		}
		if n := a.count(); n > last {
			last, since = n, time.Now()
		}
	}
	return nil
}

// judge works out what the launches came to.
func (a *arena) judge(f *figures, began time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []time.Duration
	byPool := map[string][]time.Duration{}
	for id, pool := range a.poolOf {
		times := a.launched[id]
		switch {
		case len(times) == 0:
			f.lost++
			continue
		case len(times) > 1:
			f.doubled++
		}
		wait := times[0].Sub(began)
		all, byPool[pool] = append(all, wait), append(byPool[pool], wait)
	}
	if len(all) == 0 {
		return
	}
	f.longest, f.median = slices.Max(all), median(all)
	f.rate = float64(len(all)) / f.longest.Seconds()
	var medians []float64
	for _, waits := range byPool {
		medians = append(medians, median(waits).Seconds())
	}
	f.pools = slices.Max(medians) / slices.Min(medians)
}

func median(waits []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(waits))[len(waits)/2]
}
