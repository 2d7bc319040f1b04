package chaos_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"ecsctl/prefect"
)

// person does to runs and to the pool what people do in the UI, at any moment.
type person struct {
	t      *testing.T
	api    *prefect.Client
	chance *rand.Rand

	mu      sync.Mutex
	ids     []string
	retried map[string]int
	over    map[string]time.Time // since when a run is over by the person's will
	deeds   map[string]int
}

func newPerson(t *testing.T, api *prefect.Client, seed uint64) *person {
	return &person{
		t: t, api: api, chance: rand.New(rand.NewPCG(seed, 1)),
		retried: map[string]int{}, over: map[string]time.Time{}, deeds: map[string]int{},
	}
}

// act does one thing.
func (p *person) act(ctx context.Context) {
	p.mu.Lock()
	id, deed := p.ids[p.chance.IntN(len(p.ids))], p.chance.IntN(20)
	p.mu.Unlock()
	var err error
	switch {
	case deed < 4:
		err = p.retry(ctx, id)
	case deed < 7:
		err = p.end(ctx, id, prefect.Cancelling, false)
	case deed < 14:
		final := []prefect.StateType{prefect.Cancelled, prefect.Failed, prefect.Completed, prefect.Crashed}
		err = p.end(ctx, id, final[deed%len(final)], true)
	case deed < 16:
		err = p.delete(ctx, id)
	case deed < 19:
		err = p.editPool(ctx)
	default:
		err = p.recreatePool(ctx)
	}
	if err != nil && !errors.Is(err, prefect.ErrNotFound) && ctx.Err() == nil {
		p.t.Errorf("the person failed: %v", err)
	}
}

func (p *person) did(deed string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deeds[deed]++
}

// retry runs a run again that ended a while ago.
func (p *person) retry(ctx context.Context, id string) error {
	run, err := p.api.ReadFlowRun(ctx, id)
	if err != nil || !run.StateType.Terminal() || p.api.Since(run.State.Timestamp) < 2*time.Minute {
		return err
	}
	p.mu.Lock()
	p.retried[id]++
	delete(p.over, id)
	p.mu.Unlock()
	p.did("retry")
	_, err = p.api.SetFlowRunState(ctx, id, prefect.StateProposal{Type: prefect.Scheduled, Name: "AwaitingRetry"})
	return err
}

// end ends a run that is not over, or asks for its cancellation.
func (p *person) end(ctx context.Context, id string, state prefect.StateType, force bool) error {
	run, err := p.api.ReadFlowRun(ctx, id)
	if err != nil || run.StateType.Terminal() {
		return err
	}
	p.did(string(state))
	if _, err := p.api.SetFlowRunState(ctx, id, prefect.StateProposal{Type: state, Force: force}); err != nil ||
		!force {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over[id] = time.Now()
	return nil
}

func (p *person) delete(ctx context.Context, id string) error {
	p.did("delete")
	err := p.api.DeleteFlowRun(ctx, id)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over[id] = time.Now()
	return err
}

// editPool gives the pool's template another value.
func (p *person) editPool(ctx context.Context) error {
	now, err := p.api.ReadWorkPool(ctx, pool)
	if err != nil {
		return err
	}
	p.did("edit the pool")
	template := strings.Replace(string(now.BaseJobTemplate), `"title"`,
		fmt.Sprintf(`"x-edited": %d, "title"`, p.chance.IntN(1000)), 1)
	return p.api.UpdateWorkPool(ctx, pool, prefect.WorkPoolUpdate{BaseJobTemplate: json.RawMessage(template)})
}

// recreatePool deletes the pool and makes it anew. Its runs have no queue then, so no worker gets them.
func (p *person) recreatePool(ctx context.Context) error {
	now, err := p.api.ReadWorkPool(ctx, pool)
	if err != nil {
		return err
	}
	p.did("recreate the pool")
	if err := p.api.DeleteWorkPool(ctx, pool); err != nil {
		return err
	}
	_, err = p.api.CreateWorkPool(ctx, prefect.WorkPoolCreate{
		Name: pool, Type: now.Type, BaseJobTemplate: now.BaseJobTemplate,
	})
	if errors.Is(err, prefect.ErrConflict) {
		return nil // a worker was faster
	}
	return err
}

// began judges an execution that begins: false when its run was over before its task was launched.
func (p *person) began(id string, launched time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	since, over := p.over[id]
	return !over || !since.Before(launched)
}

func (p *person) mayBeExecuted(id string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return 1 + p.retried[id]
}
