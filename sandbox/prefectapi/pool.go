package prefectapi

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

type pool struct {
	ID          string          `json:"-"`
	Created     moment          `json:"-"`
	Updated     moment          `json:"-"`
	Name        string          `json:"name"`
	Description *string         `json:"description"`
	Type        string          `json:"type"`
	Template    json.RawMessage `json:"base_job_template"`
	IsPaused    bool            `json:"is_paused"`
	Limit       *count          `json:"concurrency_limit"`
	Storage     json.RawMessage `json:"storage_configuration"`
	queues      []*queue        // the first is the default
	workers     []*poolWorker
}

// The statuses of pools and queues.
const (
	ready    = "READY"
	notReady = "NOT_READY"
	paused   = "PAUSED"
)

// status: a server keeps it and has a loop that sees to it; here it is worked out.
func (p *pool) status(now time.Time) any {
	switch {
	case p.Type == "prefect-agent":
		return nil
	case p.IsPaused:
		return paused
	case slices.ContainsFunc(p.workers, func(w *poolWorker) bool { return w.online(now) }):
		return ready
	}
	return notReady
}

const noStorage = `{"bundle_upload_step":null,"bundle_execution_step":null,"default_result_storage_block_id":null}`

func (a *API) showPool(p *pool) object {
	out := object{
		"id": p.ID, "created": p.Created, "updated": p.Updated, "name": p.Name, "description": p.Description,
		"type": p.Type, "base_job_template": rawOr(p.Template, "{}"), "is_paused": p.IsPaused,
		"concurrency_limit": p.Limit, "status": p.status(a.now()), "default_queue_id": p.queues[0].ID,
	}
	if !a.isPrefect2() {
		out["storage_configuration"] = rawOr(p.Storage, noStorage)
		out["active_slots"] = nil
		if p.Limit != nil {
			out["active_slots"] = a.activeSlots(p.hasQueue)
		}
	}
	return out
}

func (p *pool) hasQueue(id string) bool {
	return slices.ContainsFunc(p.queues, func(q *queue) bool { return q.ID == id })
}

// activeSlots counts the runs that hold a slot of the queues.
func (a *API) activeSlots(inQueue func(id string) bool) count {
	n := count(0)
	for _, run := range a.runs {
		if inQueue(run.WorkQueueID) && (run.stateType() == pending || run.stateType() == running) {
			n++
		}
	}
	return n
}

func (a *API) findPool(name string) (*pool, error) {
	for _, p := range a.pools {
		if p.Name == name {
			return p, nil
		}
	}
	return nil, notFound(`Work pool "%s" not found.`, name)
}

// queueByID returns nil, nil for an id that no pool has.
func (a *API) queueByID(id string) (*pool, *queue) {
	for _, p := range a.pools {
		for _, q := range p.queues {
			if q.ID == id {
				return p, q
			}
		}
	}
	return nil, nil
}

func (a *API) sortedPools() []*pool {
	return slices.SortedFunc(slices.Values(a.pools), func(x, y *pool) int { return cmp.Compare(x.Name, y.Name) })
}
