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
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, *venv, *runs, *alone); err != nil {
		fmt.Fprintln(os.Stderr, "bench/worker:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, venv string, runs int, alone bool) error {
	dir, err := os.MkdirTemp("", "ecsctl-bench-worker-")
	if err != nil {
		return fmt.Errorf("failed to make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	r := &rig{dir: dir, runs: runs}
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
	ours, err := r.measure(ctx, "ours", r.ours())
	if err != nil {
		return err
	}
	if alone {
		report(r.server.Venv, runs, most, ours, figures{})
		return nil
	}
	official, err := r.official()
	if err != nil {
		return err
	}
	theirs, err := r.measure(ctx, "official", official)
	if err != nil {
		return err
	}
	report(r.server.Venv, runs, most, ours, theirs)
	return nil
}

func report(venv string, runs int, most ceilings, ours, theirs figures) {
	fmt.Printf("\n%d runs each, %s\n", runs, venv)
	fmt.Printf("%-32s %10s %10s %8s\n", "", "ours", "official", "ratio")
	row := func(name string, a, b, ratio float64) { fmt.Printf("%-32s %10.3f %10.3f %7.1fx\n", name, a, b, ratio) }
	row("seconds to online", ours.online.Seconds(), theirs.online.Seconds(),
		theirs.online.Seconds()/ours.online.Seconds())
	row("launches a second", ours.rate, theirs.rate, ours.rate/theirs.rate)
	row("peak memory, MB", ours.peak, theirs.peak, theirs.peak/ours.peak)
	row("CPU seconds a launch", ours.cpu, theirs.cpu, theirs.cpu/ours.cpu)
	row("AWS calls a launch", ours.aws, theirs.aws, theirs.aws/ours.aws)
	row("Prefect calls a launch", ours.prefect, theirs.prefect, theirs.prefect/ours.prefect)
	fmt.Printf("the calls of a launch alone, %d at once: %.1f launches a second, ours reaches %.0f%% of it (those of "+
		"Prefect without RunTask: %.1f, %.0f%%)\n",
		atOnce, most.both, 100*ours.rate/most.both, most.prefect, 100*ours.rate/most.prefect)
	fmt.Printf("crashed: ours %d, official %d\n", ours.crashed, theirs.crashed)
}

// ceilings are the launches a second that the calls alone come to.
type ceilings struct{ prefect, both float64 }

// figures are what one worker came to.
type figures struct {
	online       time.Duration
	rate         float64 // launches a second, from the first claim to the last launch
	peak         float64 // MB resident
	cpu          float64 // seconds a launch
	aws, prefect float64 // calls a launch
	crashed      int
}
