package provision

import (
	"context"
	"sync"
	"time"
)

// serial runs steps and tells a Progress of them, one call at a time. A step whose
// action is None is a look that only fails or succeeds: it is not reported, unless it came to more.
type serial struct {
	mu       sync.Mutex
	progress Progress
}

func (s *serial) run(ctx context.Context, st step) (Applied, error) {
	c := st.change
	if err := ctx.Err(); err != nil {
		return Applied{}, err
	}
	if c.Action != None {
		s.locked(func() { s.progress.Start(c.Kind, c.Name, c.Action) })
	}
	began := time.Now()
	id, err := st.run(ctx)
	if id == "" {
		id = c.ID
	}
	applied := Applied{Kind: c.Kind, Name: c.Name, Action: c.Action, ID: id, Seconds: time.Since(began).Seconds()}
	if st.came != nil && err == nil {
		applied.Action = st.came()
	}
	if c.Action != None || applied.Action != None {
		s.locked(func() { s.progress.Done(applied, err) })
	}
	return applied, err
}

func (s *serial) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}
