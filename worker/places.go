package worker

import (
	"cmp"
	"slices"
	"sync"
)

// places are those in which runs are claimed and launched. The pools of a worker share them, each
// with a line of its own: a pool never waits behind all that another one has waiting.
type places struct {
	mu     sync.Mutex
	free   int
	lines  []*line
	served int
}

// newPlaces are n for a pool that is alone at work. Each further pool brings one that the others
// leave to it, so that launches of theirs that hang (AWS may be waited for) do not hold it up.
func newPlaces(n, pools int) *places { return &places{free: n + pools - 1} }

// line is one more line for the places.
func (p *places) line() *line {
	l := &line{places: p}
	p.lines = append(p.lines, l)
	return l
}

// serve gives the free places to those whose turn it is; p.mu is held.
func (p *places) serve() {
	for {
		l := p.next()
		if l == nil {
			return
		}
		p.free--
		p.served++
		l.busy++
		l.last = p.served
		close(l.waiting[0].ready)
		l.waiting = slices.Delete(l.waiting, 0, 1)
	}
}

// next is the line that is served next: of those that wait the one with the fewest places, and of
// equals the one that was served longest ago. nil: no place is to be given.
func (p *places) next() *line {
	waits := func(l *line) bool { return len(l.waiting) > 0 && p.free > p.kept(l) }
	var waiting []*line
	for _, l := range p.lines {
		if waits(l) {
			waiting = append(waiting, l)
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	return slices.MinFunc(waiting, func(a, b *line) int {
		return cmp.Or(cmp.Compare(a.busy, b.busy), cmp.Compare(a.last, b.last))
	})
}

// kept is how many places are left to others than l: one to each that has none.
func (p *places) kept(l *line) int {
	n := 0
	for _, other := range p.lines {
		if other != l && other.busy == 0 {
			n++
		}
	}
	return n
}
