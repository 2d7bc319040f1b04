package prefectapi

import (
	"cmp"
	"slices"
)

// scheduledRuns answers a worker's poll
// (prefect/server/database/sql/sqlite/get-runs-from-worker-queues.sql.jinja).
func (a *API) scheduledRuns(r *request) (answer, error) {
	var query struct {
		QueueNames []string `json:"work_queue_names"`
		Before     moment   `json:"scheduled_before"`
		After      moment   `json:"scheduled_after"`
		Limit      *count   `json:"limit"`
	}
	s := schema{fields: map[string]kind{
		"work_queue_names": list, "scheduled_before": instant, "scheduled_after": instant, "limit": whole,
	}, open: true}
	if err := r.body.read(s, &query); err != nil {
		return answer{}, err
	}
	p, err := a.findPool(r.PathValue("pool"))
	if err != nil {
		return answer{}, err
	}
	queues, err := p.pick(query.QueueNames)
	if err != nil {
		return answer{}, err
	}
	var rows []dueRun
	if !p.IsPaused {
		rows = a.due(p, queues, query.Before, query.After)
	}
	a.markPolled(queues)
	limit := count(defaultLimit)
	if query.Limit != nil {
		limit = min(limit, *query.Limit)
	}
	if p.Limit != nil {
		limit = min(limit, max(0, *p.Limit-a.activeSlots(p.hasQueue)))
	}
	out := []object{}
	for _, row := range rows[:min(int(limit), len(rows))] {
		run := a.showRunCore(row.run)
		out = append(out, object{"work_pool_id": p.ID, "work_queue_id": row.queue.ID, "flow_run": run})
	}
	return ok(out)
}

type dueRun struct {
	queue *queue
	run   *flowRun
}

// pick returns the named queues, or all of them.
func (p *pool) pick(names []string) ([]*queue, error) {
	if len(names) == 0 {
		return p.queues, nil
	}
	var out []*queue
	for _, name := range names {
		q, err := p.findQueue(name)
		if err != nil {
			return nil, err
		}
		out = append(out, q)
	}
	return out, nil
}

// due are the runs within each queue's limit, by the queues' priorities and their times.
func (a *API) due(p *pool, queues []*queue, before, after moment) []dueRun {
	var out []dueRun
	for _, q := range queues {
		if q.IsPaused {
			continue
		}
		mine := a.dueIn(q, before, after)
		if q.Limit != nil {
			free := max(0, *q.Limit-a.activeSlots(func(id string) bool { return id == q.ID }))
			mine = mine[:min(int(free), len(mine))]
		}
		out = append(out, mine...)
	}
	slices.SortStableFunc(out, func(x, y dueRun) int {
		return cmp.Or(cmp.Compare(x.queue.Priority, y.queue.Priority), x.run.next.Compare(y.run.next.Time))
	})
	return out
}

func (a *API) dueIn(q *queue, before, after moment) []dueRun {
	var out []dueRun
	for _, run := range a.runs {
		retriesItself := run.Policy.RetryType != nil && *run.Policy.RetryType == "in_process"
		if run.WorkQueueID == q.ID && !retriesItself && run.dueBefore(before.Time) && !run.next.Before(after.Time) {
			out = append(out, dueRun{q, run})
		}
	}
	slices.SortStableFunc(out, func(x, y dueRun) int { return x.run.next.Compare(y.run.next.Time) })
	return out
}

func (a *API) markPolled(queues []*queue) {
	now := moment{a.now()}
	for _, q := range queues {
		q.LastPolled = now
		for _, d := range a.deployments {
			if d.WorkQueueID == q.ID {
				d.LastPolled = now
			}
		}
	}
}
