// Package clock tells the services of a sandbox the time.
package clock

import (
	"slices"
	"sync"
	"time"
)

// Clock is this machine's when it is nil. Another stands still until Advance moves it, so that
// what takes time lasts as long as a test wants, however busy the machine is.
type Clock struct {
	mu     sync.Mutex
	now    time.Time
	alarms []alarm
}

type alarm struct {
	at   time.Time
	ring chan time.Time // has room for the one value
}

// Held makes a clock that stands still.
func Held(now time.Time) *Clock { return &Clock{now: now} }

// Advance moves a held clock and rings the timers that end meanwhile.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.alarms = slices.DeleteFunc(c.alarms, func(a alarm) bool {
		due := !a.at.After(c.now)
		if due {
			a.ring <- c.now
		}
		return due
	})
}

// Waits reports whether Advance by d would ring a timer.
func (c *Clock) Waits(d time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.alarms, func(a alarm) bool { return !a.at.After(c.now.Add(d)) })
}

// Now is the time.
func (c *Clock) Now() time.Time {
	if c == nil {
		return time.Now()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Since is how long ago t was.
func (c *Clock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// Timer sends the time on C once, unless it is stopped before.
type Timer struct {
	C    <-chan time.Time
	stop func()
}

// Stop ends a timer that nobody waits for any more.
func (t *Timer) Stop() { t.stop() }

// NewTimer makes a timer that ends after d.
func (c *Clock) NewTimer(d time.Duration) *Timer {
	if c == nil {
		timer := time.NewTimer(d)
		return &Timer{timer.C, func() { timer.Stop() }}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	ring := make(chan time.Time, 1)
	if d <= 0 {
		ring <- c.now
		return &Timer{ring, func() {}}
	}
	c.alarms = append(c.alarms, alarm{c.now.Add(d), ring})
	return &Timer{ring, func() { c.forget(ring) }}
}

func (c *Clock) forget(ring chan time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.alarms = slices.DeleteFunc(c.alarms, func(a alarm) bool { return a.ring == ring })
}
