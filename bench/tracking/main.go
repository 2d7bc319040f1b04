//go:build e2e

// Command tracking times `ecsctl worker start` beside the official worker in the sandbox,
// where neither Prefect's database nor moto is the limit: how fast each launches, what
// tracking costs, how soon the end of a task is a state, and what each makes of AWS's
// default quotas. Ratios travel, absolute times do not.
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

// sizes are how much there is to do.
type sizes struct {
	tracked int // runs that are launched and then tracked
	ends    int // of them, those that are ended one by one
	quota   int // runs that are launched at the quotas
	idle    time.Duration
}

func main() {
	var s sizes
	flag.IntVar(&s.tracked, "runs", 300, "flow runs that each worker launches and tracks")
	flag.IntVar(&s.ends, "ends", 20, "of them, how many are ended one by one")
	flag.IntVar(&s.quota, "quota-runs", 300, "flow runs that each worker launches at AWS's default quotas")
	flag.DurationVar(&s.idle, "idle", 30*time.Second, "how long the CPU time of tracking is counted")
	alone := flag.Bool("alone", false, "leave the official worker out: for tuning ours")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, s, *alone); err != nil {
		fmt.Fprintln(os.Stderr, "bench/tracking:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, s sizes, alone bool) error {
	dir, err := os.MkdirTemp("", "ecsctl-bench-tracking-")
	if err != nil {
		return fmt.Errorf("failed to make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "ecsctl")
	if err := peers.Build(ctx, binary); err != nil {
		return err
	}
	contestants := []contestant{{"ours", []string{binary, "worker", "start"}, []string{
		"--rate", "RunTask=10000/s", "--rate", "DescribeTasks=10000/s", "--rate", "RegisterTaskDefinition=10000/s",
	}}}
	if !alone {
		prefect, err := peers.Program(peers.Prefect3, "prefect")
		if err != nil {
			return err
		}
		contestants = append(contestants,
			contestant{"official", []string{prefect, "worker", "start", "--type", "ecs"}, nil})
	}
	all := make([]figures, 2)
	for i, c := range contestants {
		if all[i], err = measure(ctx, dir, c, s); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	report(s, all[0], all[1])
	return nil
}

// figures are what one worker came to.
type figures struct {
	rate         float64 // launches a second without quotas
	memory       float64 // MB for 1,000 tracked runs
	cpu          float64 // seconds a minute for 1,000 tracked runs
	median, most time.Duration
	quota        float64 // launches a second at the quotas
	throttled    float64 // share of the calls
}

func report(s sizes, ours, theirs figures) {
	fmt.Printf("\n%d runs tracked, %d ended one by one, %d at AWS's default quotas\n", s.tracked, s.ends, s.quota)
	fmt.Printf("%-44s %10s %10s %8s\n", "", "ours", "official", "ratio")
	row := func(name string, a, b, ratio float64) { fmt.Printf("%-44s %10.3f %10.3f %7.1fx\n", name, a, b, ratio) }
	row("launches a second without quotas", ours.rate, theirs.rate, ours.rate/theirs.rate)
	row("MB for 1,000 tracked runs", ours.memory, theirs.memory, theirs.memory/ours.memory)
	row("CPU seconds a minute for 1,000 tracked runs", ours.cpu, theirs.cpu, theirs.cpu/ours.cpu)
	row("seconds from a task's end to its state, median", ours.median.Seconds(), theirs.median.Seconds(),
		theirs.median.Seconds()/ours.median.Seconds())
	row("seconds from a task's end to its state, most", ours.most.Seconds(), theirs.most.Seconds(),
		theirs.most.Seconds()/ours.most.Seconds())
	row("launches a second at the quotas", ours.quota, theirs.quota, ours.quota/theirs.quota)
	fmt.Printf("throttled calls at the quotas: ours %.2f%%, official %.2f%%\n", 100*ours.throttled,
		100*theirs.throttled)
}
