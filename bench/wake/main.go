//go:build e2e

// Command wake measures how long a run that is due at once waits for its RunTask, with our
// worker and with the official one, which are idle and run at the same time against the
// same Prefect server and moto, each with a pool of its own. Runs are made in turn.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"ecsctl/e2e/peers"
)

func main() {
	runs := flag.Int("runs", 30, "flow runs for each worker")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "bench/wake:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, runs int) error {
	dir, err := os.MkdirTemp("", "ecsctl-bench-wake-")
	if err != nil {
		return fmt.Errorf("failed to make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	r := &rig{dir: dir}
	defer r.close()
	if err := r.start(ctx, peers.Prefect3); err != nil {
		return err
	}
	var both []*contestant
	for _, name := range []string{"ours", "official"} {
		c, err := r.enter(ctx, name)
		if err != nil {
			return err
		}
		both = append(both, c)
	}
	for n := range runs {
		if err := r.round(ctx, n, both); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "run %d:", n+1)
		for _, c := range both {
			fmt.Fprintf(os.Stderr, " %s %s", c.name, c.waits[n].Round(10*time.Millisecond))
		}
		fmt.Fprintln(os.Stderr)
	}
	fmt.Printf("%d runs each, from create_flow_run to RunTask\n%-10s %8s %8s %8s\n", runs, "", "p50", "p99", "most")
	for _, c := range both {
		fmt.Printf("%-10s %8s %8s %8s\n", c.name, c.quantile(0.50), c.quantile(0.99), c.quantile(1))
	}
	return nil
}

// quantile is the time within which that part of the runs got their task.
func (c *contestant) quantile(q float64) time.Duration {
	waits := slices.Sorted(slices.Values(c.waits))
	return waits[min(len(waits)-1, int(q*float64(len(waits))))].Round(10 * time.Millisecond)
}
