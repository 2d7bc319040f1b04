package ecs

import (
	"context"
	"errors"
	"sync"
	"time"
)

// engine is what moves by itself: one goroutine that looks after services, and one
// for each task.
type engine struct {
	ctx    context.Context
	cancel context.CancelFunc
	tasks  sync.WaitGroup
	loop   sync.WaitGroup
	wake   chan struct{}
}

func (s *Service) startEngine() {
	s.engine.ctx, s.engine.cancel = context.WithCancel(context.Background())
	s.engine.wake = make(chan struct{}, 1)
	s.engine.loop.Go(s.schedule)
}

// Close kills all tasks and returns when nothing of them is left.
func (s *Service) Close() error {
	s.engine.cancel()
	s.engine.loop.Wait()
	s.awaitHandlers()
	s.engine.tasks.Wait()
	return errors.Join(s.trees.Close(), s.files.close())
}

// awaitHandlers waits for a RunTask that may be starting tasks at this moment; a later
// one sees the cancelled context.
func (s *Service) awaitHandlers() {
	s.mu.Lock()
	defer s.mu.Unlock()
}

func (s *Service) closed() bool { return s.engine.ctx.Err() != nil }

// poke makes the scheduler look at all services soon.
func (s *Service) poke() {
	select {
	case s.engine.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// schedule brings services nearer to what they should be, whenever something has
// happened or a delay has passed.
func (s *Service) schedule() {
	timer := s.cfg.Clock.NewTimer(0)
	defer func() { timer.Stop() }()
	for {
		select {
		case <-s.engine.ctx.Done():
			return
		case <-s.engine.wake:
		case <-timer.C:
		}
		timer.Stop()
		now := s.cfg.Clock.Now()
		timer = s.cfg.Clock.NewTimer(s.reconcileAll(now).Sub(now))
	}
}

// reconcileAll returns when to look again, at the latest.
func (s *Service) reconcileAll(now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := now.Add(time.Hour)
	if s.closed() {
		return next
	}
	for _, c := range s.clusters {
		for _, sv := range c.services {
			if at := s.reconcile(sv, now); at.Before(next) {
				next = at
			}
		}
	}
	return next
}
