package worker

import (
	"context"
	"time"

	"ecsctl/internal/pause"
)

// serverPage is how many runs a server answers a poll with at most: its default of
// PREFECT_API_DEFAULT_LIMIT. Polls in their intervals alone would so let a worker launch
// 20 runs a second at the very most, just AWS's default quota and mostly less.
const serverPage = 200

// morePause is between two looks whether the next poll is due early.
const morePause = time.Second

// more reports whether the server may have more runs than it gave, and this worker a place
// for them. Runs that it knew already do not count: they are given again until they are claimed.
func (p *poll) more(given, admitted int) bool {
	return given >= p.page && admitted >= given/2 && !p.table.isFull()
}

// nearlyDone waits until most of what was found is launched, at most for the time between polls;
// false when the context ended.
func (p *poll) nearlyDone(ctx context.Context) bool {
	began := time.Now()
	for {
		if pause.For(ctx, min(morePause, p.opts.QueryInterval)) != nil {
			return false
		}
		if p.table.claims() < 2*p.opts.Concurrency || time.Since(began) >= p.opts.QueryInterval {
			return true
		}
	}
}
