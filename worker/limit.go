package worker

import (
	"sync"
	"time"
)

// limit is of the owned runs of all pools together. A slot that is free goes to the pool that has
// the fewest of those that want one: whoever polls first would take all.
type limit struct {
	most  int
	stale time.Duration // after which a wish is forgotten: its pool does not poll any more

	mu     sync.Mutex // taken before that of a table
	tables []*table
	wants  map[*table]time.Time // those that got no slot when they last asked
}

// newLimit is nil where there is none.
func newLimit(most int, stale time.Duration) *limit {
	if most == 0 {
		return nil
	}
	return &limit{most: most, stale: stale, wants: map[*table]time.Time{}}
}

// share gives a table its part of the limit.
func (l *limit) share(t *table) {
	if l == nil {
		return
	}
	t.all = l
	l.tables = append(l.tables, t)
}

// admit asks place for a slot in t, telling it whether there is room for one more.
func (l *limit) admit(t *table, place func(room bool) admission) admission {
	if l == nil {
		return place(true)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	got := place(l.hasRoom(t))
	if got == allFull {
		l.wants[t] = time.Now()
	} else {
		delete(l.wants, t)
	}
	return got
}

// hasRoom reports whether a slot is left when those that have fewer than t got theirs; l.mu is held.
func (l *limit) hasRoom(t *table) bool {
	mine, free := t.inCharge(), l.free()
	for other, since := range l.wants {
		if other != t && time.Since(since) < l.stale && other.inCharge() < mine {
			free--
		}
	}
	return free > 0
}

func (l *limit) free() int {
	free := l.most
	for _, t := range l.tables {
		free -= t.inCharge()
	}
	return free
}

func (l *limit) isFull() bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.free() <= 0
}
