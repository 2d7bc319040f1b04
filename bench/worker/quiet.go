//go:build e2e

package main

import (
	"context"
	"fmt"
	"time"

	"ecsctl/bench/procfs"
)

const (
	quietLook  = 2 * time.Second
	quietShare = 0.1 // of a processor
	quietLimit = 2 * time.Minute
)

// quiet waits until the Prefect server has nothing left to do: it writes events behind
// the calls, which would slow whoever comes next.
func (r *rig) quiet(ctx context.Context) error {
	ticker := time.NewTicker(quietLook)
	defer ticker.Stop()
	began, before := time.Now(), -1.0
	for {
		used, err := procfs.CPUSeconds(r.server.PID())
		if err != nil {
			return err
		}
		if before >= 0 && used-before < quietShare*quietLook.Seconds() {
			return nil
		}
		if time.Since(began) > quietLimit {
			return fmt.Errorf("the Prefect server did not come to rest in %s", quietLimit)
		}
		before = used
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
