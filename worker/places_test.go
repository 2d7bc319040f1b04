package worker

import (
	"fmt"
	"testing"
)

// The lines take turns: ten thousand that wait in one are not in the way of three in another.
func TestPlacesTakeTurns(t *testing.T) {
	t.Parallel()
	p := newPlaces(2, 2) // and one more, for the second pool
	many, few := p.line(), p.line()
	var turns []*turn
	for i := range 10_000 {
		turns = append(turns, many.join(fmt.Sprint("many-", i)))
	}
	if many.busy != 2 || p.free != 1 {
		t.Fatalf("%d are served, %d places are free", many.busy, p.free)
	}
	served := func(l *line) *turn {
		t.Helper()
		turn := l.join("few")
		if !isClosed(turn.ready) {
			t.Error("the second pool waits behind the first")
		}
		return turn
	}
	first := served(few)
	second, third := few.join("few-2"), few.join("few-3")
	few.leave(first) // the pool with fewer places is next
	if !isClosed(second.ready) || isClosed(turns[2].ready) {
		t.Error("the pool with more places was served")
	}
	many.leave(turns[0]) // of equals the one that was served longest ago
	if !isClosed(turns[2].ready) || isClosed(third.ready) {
		t.Error("the pools do not take turns")
	}
	few.leave(second)
	if !isClosed(third.ready) {
		t.Error("the pool with fewer places was not served")
	}
	few.leave(third)
	if many.busy != 2 || p.free != 1 {
		t.Errorf("%d are served, %d places are free at the end", many.busy, p.free)
	}
}

// Launches of one pool that hang leave each of the others a place.
func TestPlacesAreKeptForOthers(t *testing.T) {
	t.Parallel()
	p := newPlaces(16, 10)
	var lines []*line
	for range 10 {
		lines = append(lines, p.line())
	}
	for _, l := range lines {
		var first *turn
		for i := range 20 {
			if turn := l.join("hangs"); i == 0 {
				first = turn
			}
		}
		if !isClosed(first.ready) {
			t.Error("a pool has no place")
		}
	}
	if lines[0].busy != 16 || p.free != 0 {
		t.Errorf("the first has %d places, %d are free", lines[0].busy, p.free)
	}
}
