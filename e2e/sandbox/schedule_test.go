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
	wrong      map[string]bool // ids of runs that the test has failed for
}

func (w *world) schedule(pool string) *schedule {
	w.t.Helper()
	api, err := prefect.New(prefect.Options{APIURL: w.env["PREFECT_API_URL"]})
	w.must(err)
	s := &schedule{w: w, api: api, executed: filepath.Join(w.home, "executed"),
		wrong: map[string]bool{}}
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

// isWrong fails the test for what became of a run.
func (s *schedule) isWrong(id, format string, args ...any) {
	s.w.t.Helper()
	s.wrong[id] = true
	s.w.t.Errorf("run "+id+" "+format, args...)
}

// tellWrong shows which states the runs have had that went wrong or are in no final one, and returns their names and
// ids.
func (s *schedule) tellWrong(ctx context.Context) []string {
	runs, err := s.runs(ctx)
	if err != nil {
		s.w.t.Logf("failed to read the runs: %v", err)
	}
	var told []string
	for _, run := range runs {
		if run.StateType.Terminal() && !s.wrong[run.ID] {
			continue
		}
		states, err := s.api.FlowRunStates(ctx, run.ID)
		var history []string
		for _, state := range states {
			history = append(history, state.Timestamp.Format(time.StampMilli)+" "+state.Name)
		}
		s.w.t.Logf("run %s %q has had the states %q (%v)", run.ID, run.Name, history, err)
		told = append(told, run.ID, run.Name)
	}
	return told
}
