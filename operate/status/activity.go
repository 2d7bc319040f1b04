package status

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"ecsctl/prefect"
)

// Activity is what goes on in a pool: for who looks at it all day.
type Activity struct {
	Scheduled int `json:"scheduled"` // runs whose time is yet to come, or has come
	// Of the runs that were due in the last hour.
	Completed int `json:"completed"`
	Failed    int `json:"failed"`
	Crashed   int `json:"crashed"`
	Cancelled int `json:"cancelled"`
	// LaunchesPerMinute is the mean of the last five minutes.
	LaunchesPerMinute float64   `json:"launchesPerMinute"`
	Failures          []Failure `json:"failures"` // the newest first
}

// Failure is a run that has failed or crashed.
type Failure struct {
	FlowRun string    `json:"flowRun"` // its name
	ID      string    `json:"flowRunId"`
	State   string    `json:"state"`
	Message string    `json:"message"`
	Time    time.Time `json:"time"`
}

const (
	activityTime   = time.Hour
	launchTime     = 5 * time.Minute
	failuresListed = 5
)

// readActivity reads what the last hour's runs have come to.
func (r *statusReader) readActivity(ctx context.Context, pool string) (*Activity, error) {
	api, out := r.opts.Clients.Prefect, &Activity{Failures: []Failure{}}
	group, ctx := errgroup.WithContext(ctx)
	launched := 0
	due := func(state prefect.StateType) prefect.FlowRunFilter {
		return prefect.FlowRunFilter{StateTypes: []prefect.StateType{state}, ExpectedAfter: r.now.Add(-activityTime)}
	}
	for _, count := range []struct {
		into   *int
		filter prefect.FlowRunFilter
	}{
		{&out.Scheduled, prefect.FlowRunFilter{StateTypes: []prefect.StateType{prefect.Scheduled}}},
		{&out.Completed, due(prefect.Completed)}, {&out.Failed, due(prefect.Failed)},
		{&out.Crashed, due(prefect.Crashed)}, {&out.Cancelled, due(prefect.Cancelled)},
		{&launched, prefect.FlowRunFilter{StartedAfter: r.now.Add(-launchTime)}},
	} {
		count.filter.WorkPoolNames = []string{pool}
		group.Go(func() (err error) { *count.into, err = api.CountFlowRuns(ctx, count.filter); return err })
	}
	group.Go(func() (err error) { out.Failures, err = readFailures(ctx, api, pool); return err })
	err := group.Wait()
	out.LaunchesPerMinute = float64(launched) / launchTime.Minutes()
	return out, err
}

func readFailures(ctx context.Context, api *prefect.Client, pool string) ([]Failure, error) {
	runs, err := api.FilterFlowRuns(ctx, prefect.FlowRunFilter{WorkPoolNames: []string{pool}, Limit: failuresListed,
		StateTypes: []prefect.StateType{prefect.Failed, prefect.Crashed}, Sort: "END_TIME_DESC"})
	out := []Failure{}
	for _, run := range runs {
		f := Failure{FlowRun: run.Name, ID: run.ID, State: run.StateName}
		if run.State != nil {
			f.Message, f.Time = run.State.Message, run.State.Timestamp.UTC()
		}
		out = append(out, f)
	}
	return out, err
}
