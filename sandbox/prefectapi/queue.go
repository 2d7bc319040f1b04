package prefectapi

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

type queue struct {
	ID          string  `json:"-"`
	Created     moment  `json:"-"`
	Updated     moment  `json:"-"`
	LastPolled  moment  `json:"-"`
	Name        string  `json:"name"`
	Description *string `json:"description"`
	IsPaused    bool    `json:"is_paused"`
	Limit       *count  `json:"concurrency_limit"`
	Priority    count   `json:"priority"`
}

// polledWithin is how long a queue and a deployment stay READY after a poll.
const polledWithin = 60 * time.Second

func (q *queue) status(now time.Time) string {
	switch {
	case q.IsPaused:
		return paused
	case now.Sub(q.LastPolled.Time) < polledWithin:
		return ready
	}
	return notReady
}

func (a *API) newQueue(p *pool, name, description string) *queue {
	q := &queue{ID: newID(), Created: moment{a.now()}, Name: name, Description: &description,
		Priority: p.freePriority()}
	q.Updated = q.Created
	return q
}

// freePriority is the first that no queue has.
func (p *pool) freePriority() count {
	n := count(1)
	for slices.ContainsFunc(p.queues, func(q *queue) bool { return q.Priority == n }) {
		n++
	}
	return n
}

// yield moves the queues that a changed queue displaces one place down.
func (p *pool) yield(to *queue) {
	for taken := to.Priority; ; taken++ {
		i := slices.IndexFunc(p.queues, func(q *queue) bool { return q != to && q.Priority == taken })
		if i < 0 {
			return
		}
		to = p.queues[i]
		to.Priority++
	}
}

func (p *pool) findQueue(name string) (*queue, error) {
	for _, q := range p.queues {
		if q.Name == name {
			return q, nil
		}
	}
	return nil, notFound("Work pool queue '%s/%s' not found.", p.Name, name)
}

// ensureQueue makes the queue when there is none of that name.
func (a *API) ensureQueue(p *pool, name string) *queue {
	if q, err := p.findQueue(name); err == nil {
		return q
	}
	q := a.newQueue(p, name, "")
	p.queues = append(p.queues, q)
	return q
}

func (a *API) showQueue(p *pool, q *queue) object {
	out := object{
		"id": q.ID, "created": q.Created, "updated": q.Updated, "name": q.Name, "description": q.Description,
		"is_paused": q.IsPaused, "concurrency_limit": q.Limit, "priority": q.Priority, "work_pool_id": p.ID,
		"filter": nil, "last_polled": q.LastPolled, "work_pool_name": p.Name, "status": q.status(a.now()),
	}
	if !a.isPrefect2() {
		out["active_slots"] = nil
		if q.Limit != nil {
			out["active_slots"] = a.activeSlots(func(id string) bool { return id == q.ID })
		}
	}
	return out
}

func (p *pool) byPriority() []*queue {
	return slices.SortedFunc(slices.Values(p.queues), func(x, y *queue) int {
		return cmp.Compare(x.Priority, y.Priority)
	})
}

var queueFields = map[string]kind{
	"name": text1, "description": text, "is_paused": flag, "concurrency_limit": whole, "priority": whole,
	"filter": dict, "last_polled": instant,
}

func (a *API) queueRoutes() {
	a.handle("POST /work_pools/{pool}/queues/", a.createQueue)
	a.handle("POST /work_pools/{pool}/queues/filter", a.filterQueues)
	a.handle("GET /work_pools/{pool}/queues/{queue}", a.withQueue(func(p *pool, q *queue, _ *request) (answer, error) {
		return ok(a.showQueue(p, q))
	}))
	a.handle("PATCH /work_pools/{pool}/queues/{queue}", a.withQueue(a.updateQueue))
	a.handle("DELETE /work_pools/{pool}/queues/{queue}", a.withQueue(a.deleteQueue))
}

func (a *API) withQueue(serve func(*pool, *queue, *request) (answer, error)) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		p, err := a.findPool(r.PathValue("pool"))
		if err != nil {
			return answer{}, err
		}
		q, err := p.findQueue(r.PathValue("queue"))
		if err != nil {
			return answer{}, err
		}
		return serve(p, q, r)
	}
}

func (a *API) createQueue(r *request) (answer, error) {
	var wanted queue
	if err := r.body.read(schema{fields: queueFields, required: []string{"name"}}, &wanted); err != nil {
		return answer{}, err
	}
	if err := checkName(wanted.Name); err != nil {
		return answer{}, err
	}
	p, err := a.findPool(r.PathValue("pool"))
	if err != nil {
		return answer{}, err
	}
	if _, err := p.findQueue(wanted.Name); err == nil {
		// The braces are the server's own: its message lacks an f.
		return answer{}, conflict("A work queue with this name already exists in work pool {work_pool_name!r}.")
	}
	q := a.ensureQueue(p, wanted.Name)
	if err := q.change(r.body); err != nil {
		return answer{}, err
	}
	p.yield(q)
	return created(a.showQueue(p, q))
}

// change takes the fields over that were given; a null priority stays.
func (q *queue) change(b body) error {
	priority := q.Priority
	if err := json.Unmarshal(rawOr(b.raw, "{}"), q); err != nil {
		return err
	}
	if q.Priority == 0 {
		q.Priority = priority
	}
	return nil
}

func (a *API) updateQueue(p *pool, q *queue, r *request) (answer, error) {
	if err := r.body.read(schema{fields: queueFields}, &queue{}); err != nil {
		return answer{}, err
	}
	if err := q.change(r.body); err != nil {
		return answer{}, err
	}
	q.Updated = moment{a.now()}
	p.yield(q)
	return done()
}

func (a *API) deleteQueue(p *pool, q *queue, _ *request) (answer, error) {
	if q == p.queues[0] {
		return answer{}, notImplemented("deletion of a pool's default queue")
	}
	p.queues = slices.DeleteFunc(p.queues, func(other *queue) bool { return other == q })
	a.forgetQueues(func(id string) bool { return id == q.ID })
	return done()
}

func (a *API) filterQueues(r *request) (answer, error) {
	var query struct {
		Queues filter `json:"work_queues"`
		page
	}
	if err := r.body.read(pageSchema("work_queues"), &query); err != nil {
		return answer{}, err
	}
	p, err := a.findPool(r.PathValue("pool"))
	if err != nil {
		return answer{}, err
	}
	matching, err := match(p.byPriority(), query.Queues, "work_queues", map[string]test[*queue]{
		"id":   anyOf(func(q *queue) string { return q.ID }),
		"name": anyOf(func(q *queue) string { return q.Name }),
	})
	if err != nil {
		return answer{}, err
	}
	return show(matching, query.page, func(q *queue) object { return a.showQueue(p, q) })
}
