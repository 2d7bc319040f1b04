//go:build e2e

package peers

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

const (
	startLimit   = 15 * time.Minute // only a hang reaches it; a busy machine has taken three
	pollInterval = 100 * time.Millisecond
)

// waitHealthy waits until url answers 200, the process ends, or the limit is over.
func (p *Process) waitHealthy(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for !healthy(ctx, url) {
		select {
		case <-ticker.C:
		case <-p.done:
			return fmt.Errorf("failed to start %q: it ended: %v\n%s", p.cmd.Path, p.err, p.Tail())
		case <-ctx.Done():
			p.Kill()
			return fmt.Errorf("failed to start %q: no answer from %s: %w\n%s", p.cmd.Path, url, ctx.Err(), p.Tail())
		}
	}
	return nil
}

// Await looks every so often until done says so or fails, or the process ends.
func (p *Process) Await(ctx context.Context, every time.Duration, done func() (bool, error)) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-p.done:
			return fmt.Errorf("the process %q ended: %v\n%s", p.cmd.Path, p.err, p.Tail())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func healthy(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}
