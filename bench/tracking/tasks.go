//go:build e2e

package main

import (
	"context"
	"strings"
	"sync"
	"time"

	"ecsctl/prefect"
)

// tasks plays the containers: each run is set to Running, and goes on until it is told to
// end, without a word to Prefect.
type tasks struct {
	api *prefect.Client

	mu      sync.Mutex
	begun   []time.Time
	running map[string]chan struct{} // by flow run id; closing it ends the task
	ended   map[string]time.Time
}

func newTasks() *tasks {
	return &tasks{running: map[string]chan struct{}{}, ended: map[string]time.Time{}}
}

// play is one container.
func (t *tasks) play(ctx context.Context, env []string) int {
	id := ""
	for _, variable := range env {
		if value, ok := strings.CutPrefix(variable, "PREFECT__FLOW_RUN_ID="); ok {
			id = value
		}
	}
	end := make(chan struct{})
	t.mu.Lock()
	t.begun = append(t.begun, time.Now())
	t.running[id] = end
	t.mu.Unlock()
	if _, err := t.api.SetFlowRunState(ctx, id, prefect.StateProposal{Type: prefect.Running}); err != nil {
		return 1
	}
	select {
	case <-end:
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended[id] = time.Now()
	return 3
}

// count is how many have begun, and rate how many a second, from the first to the last.
func (t *tasks) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.begun)
}

func (t *tasks) rate() float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	first, last := t.begun[0], t.begun[0]
	for _, at := range t.begun {
		if at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	return float64(len(t.begun)-1) / last.Sub(first).Seconds()
}

// endOne ends any task and returns its run.
func (t *tasks) endOne() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, end := range t.running {
		delete(t.running, id)
		close(end)
		return id
	}
	return ""
}

func (t *tasks) endedAt(id string) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ended[id]
}
