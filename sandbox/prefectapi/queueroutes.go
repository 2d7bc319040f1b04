package prefectapi

import (
	"slices"
)

// queueByIDRoutes are the older paths to queues, which Prefect's command line still uses.
func (a *API) queueByIDRoutes() {
	a.handle("GET /work_queues/{id}",
		a.withQueueID("work queue not found", func(p *pool, q *queue, _ *request) (answer, error) {
			return ok(a.showQueue(p, q))
		}))
	missing := "Work Queue %s not found"
	if a.isPrefect2() {
		missing = "Work Queue <built-in function id> not found" // the server's own slip
	}
	a.handle("PATCH /work_queues/{id}", a.withQueueID(missing, a.updateQueue))
	a.handle("DELETE /work_queues/{id}", a.withQueueID("work queue not found", a.deleteQueue))
	a.handle("GET /work_queues/{id}/status",
		a.withQueueID("work queue not found", func(_ *pool, q *queue, _ *request) (answer, error) {
			return ok(a.queueHealth(q))
		}))
	a.handle("POST /work_queues/filter", a.filterAllQueues)
}

func (a *API) withQueueID(missing string, serve func(*pool, *queue, *request) (answer, error)) func(
	*request) (answer, error) {
	return func(r *request) (answer, error) {
		id, err := a.pathID(r)
		if err != nil {
			return answer{}, err
		}
		if p, q := a.queueByID(id); p != nil {
			return serve(p, q, r)
		}
		if missing == "Work Queue %s not found" {
			return answer{}, notFound(missing, id)
		}
		return answer{}, notFound("%s", missing)
	}
}

// queueHealth: nothing marks runs late here, so none ever is.
func (a *API) queueHealth(q *queue) object {
	return object{
		"healthy": a.now().Sub(q.LastPolled.Time) < polledWithin, "late_runs_count": 0, "last_polled": q.LastPolled,
		"health_check_policy": object{
			"maximum_late_runs": 0, "maximum_seconds_since_last_polled": int(polledWithin.Seconds()),
		},
	}
}

type queueOfPool struct {
	pool  *pool
	queue *queue
}

func (a *API) filterAllQueues(r *request) (answer, error) {
	var q struct {
		Queues filter `json:"work_queues"`
		page
	}
	if err := r.body.read(pageSchema("work_queues"), &q); err != nil {
		return answer{}, err
	}
	var all []queueOfPool
	for _, p := range a.sortedPools() {
		for _, its := range p.byPriority() {
			all = append(all, queueOfPool{p, its})
		}
	}
	matching, err := match(slices.Clip(all), q.Queues, "work_queues", map[string]test[queueOfPool]{
		"id":   anyOf(func(row queueOfPool) string { return row.queue.ID }),
		"name": anyOf(func(row queueOfPool) string { return row.queue.Name }),
	})
	if err != nil {
		return answer{}, err
	}
	return show(matching, q.page, func(row queueOfPool) object { return a.showQueue(row.pool, row.queue) })
}
