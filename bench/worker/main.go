//go:build e2e

// Command worker times `ecsctl worker start` beside the official worker, one after the
// other on the same Prefect server and moto, and prints the ratios. Ratios travel,
// absolute times do not.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"ecsctl/e2e/peers"
)

func main() {
	runs := flag.Int("runs", 200, "flow runs for each worker")
	venv := flag.String("prefect", peers.Prefect3,
		"virtual environment of server and official worker: prefect3 or prefect2")
	alone := flag.Bool("alone", false, "leave the official worker out: for tuning ours")
	before := flag.String("before", "", "an ecsctl that was built earlier, to be measured too")
	idle := flag.Duration("idle", time.Minute, "how long a worker is watched while it has no runs; 0: not at all")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, *venv, *before, *runs, *idle, *alone); err != nil {
		fmt.Fprintln(os.Stderr, "bench/worker:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, venv, before string, runs int, idle time.Duration, alone bool) error {
	dir, err := os.MkdirTemp("", "ecsctl-bench-worker-")
	if err != nil {
		return fmt.Errorf("failed to make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	r := &rig{dir: dir, runs: runs, idleFor: idle}
	defer r.close()
	if err := r.start(ctx, venv); err != nil {
		return err
	}
	var most ceilings
	if most.prefect, err = r.ceiling(ctx, false); err != nil {
		return err
	}
	if most.both, err = r.ceiling(ctx, true); err != nil {
		return err
	}
	contestants, err := r.contestants(before, alone)
	if err != nil {
		return err
	}
	var all []figures
	for _, c := range contestants {
		f, err := r.measure(ctx, c)
		if err != nil {
			return err
		}
		f.name = c.name
		all = append(all, f)
	}
	report(r.server.Venv, runs, idle, most, all)
	return nil
}

// contestants are ours, what ours was before, and the official worker.
func (r *rig) contestants(before string, alone bool) ([]contestant, error) {
	all := []contestant{ours("ours", r.binary())}
	if before != "" {
		all = append(all, ours("before", before))
	}
	if alone {
		return all, nil
	}
	official, err := r.official()
	return append(all, official), err
}

// row is a figure of each contestant.
func row(name string, all []figures, of func(figures) float64) {
	fmt.Printf("%-32s", name)
	for _, f := range all {
		fmt.Printf(" %10.3f", of(f))
	}
	for _, f := range all[1:] {
		fmt.Printf(" %9.1fx", of(f)/of(all[0]))
	}
	fmt.Println()
}

func report(venv string, runs int, idle time.Duration, most ceilings, all []figures) {
	fmt.Printf("\n%d runs each, %s\n%-32s", runs, venv, "")
	for _, f := range all {
		fmt.Printf(" %10s", f.name)
	}
	for _, f := range all[1:] {
		fmt.Printf(" %10s", f.name+"/ours")
	}
	fmt.Println()
	row("seconds to online", all, func(f figures) float64 { return f.online.Seconds() })
	row("launches a second", all, func(f figures) float64 { return f.rate })
	row("peak memory, MB", all, func(f figures) float64 { return f.peak })
	row("CPU ms a launch", all, func(f figures) float64 { return 1000 * f.cpu })
	row("AWS calls a launch", all, func(f figures) float64 { return f.aws })
	row("Prefect calls a launch", all, func(f figures) float64 { return f.prefect })
	row("idle: Prefect calls a minute", all, func(f figures) float64 { return f.idleCalls })
	row(fmt.Sprintf("idle: connections in %s", idle), all, func(f figures) float64 { return f.idleConnections })
	row("CPU ms a health check", all, func(f figures) float64 { return f.health })
	fmt.Printf("the calls of a launch alone, %d at once: %.1f launches a second, ours reaches %.0f%% of it (those of "+
		"Prefect without RunTask: %.1f, %.0f%%)\n",
		atOnce, most.both, 100*all[0].rate/most.both, most.prefect, 100*all[0].rate/most.prefect)
	for _, f := range all {
		fmt.Printf("crashed: %s %d\n", f.name, f.crashed)
	}
}

// ceilings are the launches a second that the calls alone come to.
type ceilings struct{ prefect, both float64 }

// figures are what one worker came to.
type figures struct {
	name         string
	online       time.Duration
	rate         float64 // launches a second, from the first claim to the last launch
	peak         float64 // MB resident
	cpu          float64 // seconds a launch
	aws, prefect float64 // calls a launch
	crashed      int

	idleCalls, idleConnections float64 // calls a minute, and all connections that they came by
	health                     float64 // CPU milliseconds of a health check
}
