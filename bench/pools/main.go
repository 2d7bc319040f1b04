//go:build e2e

// Command pools has one `ecsctl worker start` serve several pools with many runs that wait, and then
// two, each of them all pools: launches a second, memory, fairness, and whether a run was lost or
// launched twice. The server is the sandbox, in memory: no quota and no database is in the way.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"ecsctl/e2e/peers"
)

func main() {
	pools := flag.Int("pools", 10, "work pools")
	runs := flag.Int("runs", 1000, "flow runs of each pool")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, *pools, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "bench/pools:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, pools, runs int) error {
	dir, err := os.MkdirTemp("", "ecsctl-bench-pools-")
	if err != nil {
		return fmt.Errorf("failed to make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "ecsctl")
	if err := peers.Build(ctx, binary); err != nil {
		return err
	}
	var all []figures
	for _, c := range []struct{ workers, runs int }{{1, max(1, runs/10)}, {1, runs}, {2, runs}} {
		f, err := measure(ctx, dir, binary, c.workers, pools, c.runs)
		if err != nil {
			return err
		}
		f.name = fmt.Sprintf("%d x %d", c.workers, c.runs)
		all = append(all, f)
	}
	report(pools, all)
	for _, f := range all {
		if f.lost+f.doubled > 0 {
			return fmt.Errorf("%s: %d runs lost, %d launched twice", f.name, f.lost, f.doubled)
		}
	}
	return nil
}

// figures are what the workers came to.
type figures struct {
	name            string
	rate            float64 // launches a second, from the opening of the pools to the last launch
	peak            float64 // MB resident, of the worker with the most
	cpu             float64 // milliseconds a launch, of all workers
	longest, median time.Duration
	pools           float64 // the largest median of a pool over the smallest
	lost, doubled   int
}

func report(pools int, all []figures) {
	fmt.Printf("\n%d pools; workers x runs of each pool\n%-36s", pools, "")
	for _, f := range all {
		fmt.Printf(" %10s", f.name)
	}
	fmt.Printf(" %10s %10s\n", "runs x10", "workers x2")
	row("launches a second", all, func(f figures) float64 { return f.rate })
	row("peak memory of a worker, MB", all, func(f figures) float64 { return f.peak })
	row("CPU ms a launch", all, func(f figures) float64 { return f.cpu })
	row("longest wait / median wait", all, func(f figures) float64 { return f.longest.Seconds() / f.median.Seconds() })
	row("slowest / fastest pool (medians)", all, func(f figures) float64 { return f.pools })
	row("lost", all, func(f figures) float64 { return float64(f.lost) })
	row("launched twice", all, func(f figures) float64 { return float64(f.doubled) })
}

// row is a figure of each, and how the second differs from the first and the third from the second.
func row(name string, all []figures, of func(figures) float64) {
	fmt.Printf("%-36s", name)
	for _, f := range all {
		fmt.Printf(" %10.2f", of(f))
	}
	if of(all[0]) != 0 && of(all[1]) != 0 {
		fmt.Printf(" %9.2fx %9.2fx", of(all[1])/of(all[0]), of(all[2])/of(all[1]))
	}
	fmt.Println()
}
