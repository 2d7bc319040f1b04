//go:build e2e

// Command bench times `ecsctl bootstrap` beside the guide's own AWS CLI commands
// (guide.sh), both against the same moto, each round in an account of its own, and
// prints the medians and their ratio. Ratios travel, absolute times do not.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"ecsctl/e2e/peers"
)

func main() {
	rounds := flag.Int("rounds", 5, "how often to run each")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, rounds int) error {
	dir, err := os.MkdirTemp("", "ecsctl-bench-")
	if err != nil {
		return fmt.Errorf("failed to make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	b := &rig{dir: dir, binary: filepath.Join(dir, "ecsctl")}
	defer b.close()
	if err := b.start(ctx); err != nil {
		return err
	}
	times := map[string][]time.Duration{}
	for round := 1; round <= rounds; round++ {
		if err := b.round(ctx, round, times); err != nil {
			return err
		}
	}
	report(times)
	return nil
}

func report(times map[string][]time.Duration) {
	fmt.Printf("\nmedians of %d rounds\n", len(times[guideRun]))
	for _, name := range []string{poolRun, idsRun, guideRun, firstRun, secondRun} {
		fmt.Printf("  %-40s %7.3f s\n", name, median(times[name]).Seconds())
	}
	pool, ids, guide := median(times[poolRun]), median(times[idsRun]), median(times[guideRun])
	first := median(times[firstRun]).Seconds()
	fmt.Printf("beside bootstrap from nothing, the guide takes\n")
	fmt.Printf("  %5.1f times as long for its four AWS CLI commands, the ids given\n", guide.Seconds()/first)
	fmt.Printf("  %5.1f times with the two commands that look up the ids, which bootstrap does too\n",
		(ids+guide).Seconds()/first)
	fmt.Printf("  %5.1f times with step 1, the work pool, which bootstrap does too\n", (pool+ids+guide).Seconds()/first)
}

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}

// start starts the peers and builds ecsctl, all at once.
func (b *rig) start(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { b.moto, err = peers.StartMoto(ctx, b.dir); return err })
	group.Go(func() (err error) { b.prefect, err = peers.StartPrefect(ctx, peers.Prefect3, b.dir); return err })
	group.Go(func() error { return peers.Build(ctx, b.binary) })
	return group.Wait()
}
