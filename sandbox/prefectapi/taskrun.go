package prefectapi

import (
	"encoding/json"
	"maps"
)

// taskRun is a task's run, or the place of a subflow in its parent. Prefect 2 stores all
// of them through the API; the client of Prefect 3 sends events instead.
type taskRun struct {
	ID              string          `json:"-"`
	Created         moment          `json:"-"`
	Updated         moment          `json:"-"`
	FlowRunID       *string         `json:"flow_run_id"`
	Name            string          `json:"name"`
	TaskKey         string          `json:"task_key"`
	DynamicKey      string          `json:"dynamic_key"`
	CacheKey        *string         `json:"cache_key"`
	CacheExpiration moment          `json:"cache_expiration"`
	Version         *string         `json:"task_version"`
	Policy          taskPolicy      `json:"empirical_policy"`
	Tags            []string        `json:"tags"`
	Labels          json.RawMessage `json:"labels"`
	Inputs          json.RawMessage `json:"task_inputs"`

	course
	flowRunCount int // how often the flow had run when this ran last
}

// taskPolicy is a task run's empirical_policy.
type taskPolicy struct {
	MaxRetries        int             `json:"max_retries"`
	RetryDelaySeconds float64         `json:"retry_delay_seconds"`
	Retries           *int            `json:"retries"`
	RetryDelay        json.RawMessage `json:"retry_delay"` // seconds, or a list of them
	JitterFactor      *float64        `json:"retry_jitter_factor"`
}

// delay is in seconds, before the retry after the given number of runs.
func (p taskPolicy) delay(runs int) int {
	var one int
	var list []int
	switch {
	case len(p.RetryDelay) == 0:
		return 0
	case json.Unmarshal(p.RetryDelay, &one) == nil:
		return one
	case json.Unmarshal(p.RetryDelay, &list) == nil && len(list) > 0:
		return list[min(max(runs-1, 0), len(list)-1)]
	}
	return 0
}

func (p taskPolicy) shown() taskPolicy {
	p.RetryDelay = rawOr(p.RetryDelay, "null")
	return p
}

func (a *API) showTask(t *taskRun) object {
	out := object{
		"id": t.ID, "created": t.Created, "updated": t.Updated, "name": t.Name, "flow_run_id": t.FlowRunID,
		"task_key": t.TaskKey, "dynamic_key": t.DynamicKey, "cache_key": t.CacheKey,
		"cache_expiration": t.CacheExpiration,
		"task_version":     t.Version, "empirical_policy": t.Policy.shown(), "tags": orEmpty(t.Tags),
		"task_inputs":        rawOr(t.Inputs, "{}"),
		"flow_run_run_count": t.flowRunCount, "state": a.showState(t.state()),
	}
	maps.Copy(out, t.show(a.now()))
	if !a.isPrefect2() {
		var pairs []string
		if run := a.runOfTask(t); run != nil {
			pairs = []string{"prefect.flow.id", run.FlowID, "prefect.flow-run.id", run.ID}
		}
		out["labels"] = a.labels(t.Labels, pairs...)
	}
	return out
}

// enterTask puts a task run into a state.
func (a *API) enterTask(t *taskRun, s *state) {
	s.Details.FlowRunID, s.Details.TaskRunID = value(t.FlowRunID), &t.ID
	t.take(s, true, !a.isPrefect2())
	t.Updated = s.Timestamp
}

// tellParent gives a subflow's state to the task run that stands for it in its parent.
func (a *API) tellParent(run *flowRun, s *state) {
	if t := a.taskByID(value(run.ParentTaskRun)); t != nil {
		its := *s
		its.ID, its.Details.ChildFlowRunID = newID(), &run.ID
		a.enterTask(t, &its)
	}
}

func (a *API) taskByID(id string) *taskRun {
	for _, t := range a.tasks {
		if t.ID == id {
			return t
		}
	}
	return nil
}

func (a *API) runOfTask(t *taskRun) *flowRun { return a.runByID(value(t.FlowRunID)) }
