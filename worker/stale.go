package worker

import (
	"maps"
	"sync"
	"time"
)

// passedRuns are runs that turned out to be another worker's, and when. The answer of a poll
// that began before that still has them as scheduled: to propose Pending once more
// would be of no use.
type passedRuns struct {
	mu sync.Mutex
	at map[string]time.Time
}

func (p *passedRuns) note(runID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at == nil {
		p.at = map[string]time.Time{}
	}
	now := time.Now()
	// No answer is older than its poll may take.
	maps.DeleteFunc(p.at, func(_ string, at time.Time) bool { return now.Sub(at) > pollTimeout })
	p.at[runID] = now
}

// since reports whether the run was passed on after that time.
func (p *passedRuns) since(runID string, began time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at[runID].After(began)
}
