package worker

import (
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
)

// Whoever joins first is served first, also when all wait at the same time.
func TestLineServesInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLine(1)
		var want, got []string
		first := l.join("first")
		for i := range 20 {
			id := strconv.Itoa(i)
			want = append(want, id)
			turn := l.join(id)
			go func() {
				if l.await(t.Context(), nil, turn) {
					got = append(got, id) // one place: no two at the same moment
					l.leave(turn)
				}
			}()
		}
		synctest.Wait()
		if next := l.next(3); !slices.Equal(next, []string{"0", "1", "2"}) || len(got) != 0 {
			t.Fatalf("the next are %v; served before a place was free: %v", next, got)
		}
		l.leave(first)
		synctest.Wait()
		if !slices.Equal(got, want) {
			t.Errorf("served %v", got)
		}
	})
}

// Stop is for all that wait, and for those whose turn came with it: their place is free again.
func TestLineIsLeftOnStop(t *testing.T) {
	t.Parallel()
	l, stop := newLine(1), make(chan struct{})
	holder, waiting := l.join("a"), l.join("b")
	close(stop)
	for _, turn := range []*turn{waiting, holder} {
		if l.await(t.Context(), stop, turn) {
			t.Errorf("run %s begins after stop", turn.run)
		}
	}
	if !l.await(t.Context(), nil, l.join("c")) {
		t.Error("the place was not given back")
	}
}
