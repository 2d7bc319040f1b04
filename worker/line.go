package worker

import (
	"context"
	"slices"
)

// line is where runs wait for one of the places in which they are claimed and launched.
// Who joins first is served first, so the order in which Prefect gives the runs, the
// priority of their work queues, is the order in which they are launched.
type line struct {
	places  *places
	waiting []*turn // guarded by places, as is what follows
	busy    int     // places that runs of this line have
	last    int     // when it was last served, counted in servings
}

// turn is one run's place in the line, and then in one of the places.
type turn struct {
	run   string        // id
	ready chan struct{} // closed when it has come
}

func newLine(n int) *line { return newPlaces(n, 1).line() }

// join puts a run at the end of the line. It must be left in the end.
func (l *line) join(run string) *turn {
	l.places.mu.Lock()
	defer l.places.mu.Unlock()
	t := &turn{run, make(chan struct{})}
	l.waiting = append(l.waiting, t)
	l.places.serve()
	return t
}

// await waits for the turn; false when nothing new is to be begun, and the turn is left.
func (l *line) await(ctx context.Context, stop <-chan struct{}, t *turn) bool {
	select {
	case <-stop:
	case <-ctx.Done():
	case <-t.ready:
		if !isClosed(stop) { // both may have been ready
			return true
		}
	}
	l.leave(t)
	return false
}

// leave gives the place to the next, or gives up waiting for one.
func (l *line) leave(t *turn) {
	l.places.mu.Lock()
	defer l.places.mu.Unlock()
	if i := slices.Index(l.waiting, t); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
		return
	}
	l.busy--
	l.places.free++
	l.places.serve()
}

// next returns the ids of the first that wait.
func (l *line) next(n int) []string {
	l.places.mu.Lock()
	defer l.places.mu.Unlock()
	var ids []string
	for _, t := range l.waiting[:min(n, len(l.waiting))] {
		ids = append(ids, t.run)
	}
	return ids
}
