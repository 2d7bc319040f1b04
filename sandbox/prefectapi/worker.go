package prefectapi

import (
	"slices"
	"time"
)

type poolWorker struct {
	ID        string
	Created   moment
	Updated   moment
	Name      string
	Heartbeat moment
	Interval  *count // seconds
}

// A worker is online until it has missed this many heartbeats
// (prefect/server/schemas/responses.py).
const (
	defaultHeartbeat = 30 * time.Second
	missedHeartbeats = 3
)

func (w *poolWorker) online(now time.Time) bool {
	interval := defaultHeartbeat
	if w.Interval != nil && *w.Interval > 0 {
		interval = time.Duration(*w.Interval) * time.Second
	}
	return w.Heartbeat.After(now.Add(-missedHeartbeats * interval))
}

func (w *poolWorker) status(now time.Time) string {
	if w.online(now) {
		return "ONLINE"
	}
	return "OFFLINE"
}

func (a *API) workerRoutes() {
	a.handle("POST /work_pools/{pool}/workers/heartbeat", a.heartbeat)
	a.handle("POST /work_pools/{pool}/workers/filter", a.filterWorkers)
	a.handle("DELETE /work_pools/{pool}/workers/{worker}", a.deleteWorker)
	a.handle("POST /work_pools/{pool}/get_scheduled_flow_runs", a.scheduledRuns)
}

func (a *API) heartbeat(r *request) (answer, error) {
	var beat struct {
		Name     string `json:"name"`
		Interval *count `json:"heartbeat_interval_seconds"`
	}
	s := schema{fields: map[string]kind{"name": text1, "heartbeat_interval_seconds": whole},
		required: []string{"name"}, open: true}
	if err := r.body.read(s, &beat); err != nil {
		return answer{}, err
	}
	p, err := a.findPool(r.PathValue("pool"))
	if err != nil {
		return answer{}, err
	}
	w := a.beat(p, beat.Name, 0)
	if beat.Interval != nil {
		w.Interval = beat.Interval
	}
	return done()
}

// beat counts a heartbeat; an interval of 0 leaves what is known.
func (a *API) beat(p *pool, name string, interval count) *poolWorker {
	w := p.worker(name)
	if w == nil {
		w = &poolWorker{ID: newID(), Created: moment{a.now()}, Name: name}
		p.workers = append(p.workers, w)
	}
	w.Heartbeat, w.Updated = moment{a.now()}, moment{a.now()}
	if interval > 0 {
		w.Interval = &interval
	}
	return w
}

func (p *pool) worker(name string) *poolWorker {
	for _, w := range p.workers {
		if w.Name == name {
			return w
		}
	}
	return nil
}

func (a *API) filterWorkers(r *request) (answer, error) {
	var query struct {
		Workers filter `json:"workers"`
		page
	}
	if err := r.body.read(pageSchema("workers"), &query); err != nil {
		return answer{}, err
	}
	p, err := a.findPool(r.PathValue("pool"))
	if err != nil {
		return answer{}, err
	}
	latest := slices.SortedStableFunc(slices.Values(p.workers), func(x, y *poolWorker) int {
		return y.Heartbeat.Compare(x.Heartbeat.Time)
	})
	now := a.now()
	if a.isPrefect2() {
		delete(query.Workers, "status") // it does not know the condition, and leaves it out
	}
	matching, err := match(latest, query.Workers, "workers", map[string]test[*poolWorker]{
		"status":              anyOf(func(w *poolWorker) string { return w.status(now) }),
		"last_heartbeat_time": between(func(w *poolWorker) moment { return w.Heartbeat }),
	})
	if err != nil {
		return answer{}, err
	}
	return show(matching, query.page, func(w *poolWorker) object {
		return object{
			"id": w.ID, "created": w.Created, "updated": w.Updated, "name": w.Name, "work_pool_id": p.ID,
			"last_heartbeat_time": w.Heartbeat, "heartbeat_interval_seconds": w.Interval, "status": w.status(now),
		}
	})
}

func (a *API) deleteWorker(r *request) (answer, error) {
	p, err := a.findPool(r.PathValue("pool"))
	if err != nil {
		return answer{}, err
	}
	w := p.worker(r.PathValue("worker"))
	if w == nil {
		return answer{}, notFound("Worker not found.")
	}
	p.workers = slices.DeleteFunc(p.workers, func(other *poolWorker) bool { return other == w })
	return done()
}
