// Package lag is how far answers are behind what was done: AWS is eventually consistent. It is counted
// in calls and not in time, so that nothing depends on how fast a machine is.
package lag

import "sync"

// Lag counts, for each thing that changes, the calls that do not see it yet. The zero value is
// consistent at once.
type Lag struct {
	mu    sync.Mutex
	calls int
	left  map[string]int
}

// Set says how many calls see each later change late. 0 makes everything seen at once.
func (l *Lag) Set(calls int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls, l.left = calls, map[string]int{}
}

// Changed notes that a thing has changed.
func (l *Lag) Changed(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls > 0 {
		l.left[key] = l.calls
	}
}

// Once notes that the next call that concerns the thing, and no other, is too early.
func (l *Lag) Once(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls > 0 {
		l.left[key] = 1
	}
}

// Pending reports whether the next call will not see the last change of a thing.
func (l *Lag) Pending(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.left[key] > 0
}

// Behind reports whether this call does not see the last change of a thing, and counts it.
func (l *Lag) Behind(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left[key] == 0 {
		return false
	}
	l.left[key]--
	return true
}
