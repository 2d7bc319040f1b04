//go:build e2e

package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"ecsctl/prefect"
)

// schedule is a deployment of which a run is scheduled each second.
type schedule struct {
	w          *world
	api        *prefect.Client
	deployment string
	executed   string // the file that each execution adds a line to
	stop       func() // after switchFor at the earliest
	ids        []string
}

func (w *world) schedule(pool string) *schedule {
	w.t.Helper()
	api, err := prefect.New(prefect.Options{APIURL: w.env["PREFECT_API_URL"]})
	w.must(err)
	s := &schedule{w: w, api: api, executed: filepath.Join(w.home, "executed")}
	script := w.write("counted.py", countedRun)
	variables, err := json.Marshal(map[string]any{"command": fmt.Sprintf("python -I -S %s %s", script, s.executed)})
	w.must(err)
	flow, err := api.CreateFlow(w.t.Context(), "counted")
	w.must(err)
	deployment, err := api.CreateDeployment(w.t.Context(), prefect.DeploymentCreate{
		Name: "each-second", FlowID: flow.ID, WorkPoolName: pool, JobVariables: variables,
	})
	w.must(err)
	s.deployment = deployment.ID

	ctx, cancel := context.WithCancel(w.t.Context())
	least := time.After(switchFor)
	var running sync.WaitGroup
	running.Go(func() { s.eachSecond(ctx) })
	s.stop = func() {
		select {
		case <-least:
		case <-ctx.Done():
		}
		cancel()
		running.Wait()
	}
	w.t.Cleanup(cancel)
	return s
}

func (s *schedule) eachSecond(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		run, err := s.api.CreateFlowRun(ctx, s.deployment, prefect.FlowRunCreate{})
		if err == nil {
			s.ids = append(s.ids, run.ID)
		} else if ctx.Err() == nil {
			s.w.t.Errorf("failed to schedule a run: %v", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (s *schedule) runs(ctx context.Context) ([]prefect.FlowRun, error) {
	return s.api.FilterFlowRuns(ctx, prefect.FlowRunFilter{DeploymentIDs: []string{s.deployment}})
}

func (s *schedule) allEnded() error {
	n, err := s.api.CountFlowRuns(s.w.t.Context(), prefect.FlowRunFilter{
		DeploymentIDs: []string{s.deployment}, StateTypes: prefect.Unfinished,
	})
	if err == nil && n > 0 {
		err = fmt.Errorf("%d have not ended", n)
	}
	return err
}

// executions counts the processes that executed each run.
func (s *schedule) executions() map[string]int {
	s.w.t.Helper()
	content, err := os.ReadFile(s.executed)
	if !errors.Is(err, fs.ErrNotExist) {
		s.w.must(err)
	}
	times := map[string]int{}
	for id := range strings.FieldsSeq(string(content)) {
		times[id]++
	}
	return times
}

// waitForMore waits until so many more runs were executed.
func (s *schedule) waitForMore(n int) {
	s.w.t.Helper()
	want := len(s.executions()) + n
	s.w.eventually(fmt.Sprintf("%d runs are executed", want), func() error {
		if got := len(s.executions()); got < want {
			return fmt.Errorf("%d were", got)
		}
		return nil
	})
}

// tellUnfinished shows which states the runs have had that are in no final one.
func (s *schedule) tellUnfinished(ctx context.Context) {
	runs, err := s.runs(ctx)
	if err != nil {
		s.w.t.Logf("failed to read the runs: %v", err)
	}
	for _, run := range runs {
		if run.StateType.Terminal() {
			continue
		}
		states, err := s.api.FlowRunStates(ctx, run.ID)
		var history []string
		for _, state := range states {
			history = append(history, state.Timestamp.Format(time.StampMilli)+" "+state.Name)
		}
		s.w.t.Logf("run %s %q has had the states %q (%v)", run.ID, run.Name, history, err)
	}
}
