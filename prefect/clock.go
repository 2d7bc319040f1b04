package prefect

import (
	"net/http"
	"sync"
	"time"
)

// clock is what the server's clock is ahead of this machine's, read off the Date of each
// answer. A Date has whole seconds, and the answer takes its time: each gives an interval,
// and the intervals together a narrow one.
type clock struct {
	mu        sync.Mutex
	low, high time.Duration
	known     bool
}

// hear takes in an answer that was asked for and came at these times.
func (c *clock) hear(header http.Header, sent, got time.Time) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	// Round drops the monotonic clock, which does not see that somebody sets the other.
	low, high := date.Sub(got.Round(0)), date.Add(time.Second).Sub(sent.Round(0))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known && low <= c.high && c.low <= high {
		low, high = max(low, c.low), min(high, c.high)
	}
	c.low, c.high, c.known = low, high, true
}

// ahead is 0 while the clocks may agree.
func (c *clock) ahead() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.known || c.low <= 0 && c.high >= 0 {
		return 0
	}
	return (c.low + c.high) / 2
}

// ClockAhead is how far the server's clock is ahead of this machine's; negative is behind, 0
// when nothing is known. The times of states and workers are by the server's clock.
func (c *Client) ClockAhead() time.Duration { return c.clock.ahead() }

// Now is the time by the server's clock.
func (c *Client) Now() time.Time { return time.Now().Add(c.clock.ahead()) }

// Since is how long ago a time of the server's is.
func (c *Client) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// Here is a time of the server's by this machine's clock.
func (c *Client) Here(t time.Time) time.Time { return t.Add(-c.clock.ahead()) }
