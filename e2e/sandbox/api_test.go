//go:build e2e

package sandbox

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// api asks a Prefect API.
func (w *world) api(base, method, path string, body, answer any) error {
	raw, err := json.Marshal(body)
	w.must(err)
	req, err := http.NewRequestWithContext(w.t.Context(), method, base+path, bytes.NewReader(raw))
	w.must(err)
	req.Header.Set("Content-Type", "application/json")
	if auth := w.authorization(); base == w.env["PREFECT_API_URL"] && auth != "" {
		req.Header.Set("Authorization", auth)
	}
	req.Close = true // uvicorn closes a connection that is idle for five seconds
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %d %s", method, path, resp.StatusCode, text)
	}
	return json.Unmarshal(text, answer)
}

// authorization is the header that the played API asks for; "" for a real one.
func (w *world) authorization() string {
	if key := w.env["PREFECT_API_KEY"]; key != "" {
		return "Bearer " + key
	}
	if auth := w.env["PREFECT_API_AUTH_STRING"]; auth != "" {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(auth))
	}
	return ""
}

// waitForWorker waits until the pool has a worker online.
func (w *world) waitForWorker(base, pool string) {
	w.t.Helper()
	w.eventually("a worker of "+pool+" is online", func() error {
		var workers []struct{ Name, Status string }
		if err := w.api(base, http.MethodPost, "/work_pools/"+pool+"/workers/filter", map[string]any{},
			&workers); err != nil {
			return err
		}
		for _, worker := range workers {
			if worker.Status == "ONLINE" {
				return nil
			}
		}
		return fmt.Errorf("workers: %v", workers)
	})
}

type flowRun struct {
	ID                string
	StateName         string `json:"state_name"`
	StateType         string `json:"state_type"`
	InfrastructurePID string `json:"infrastructure_pid"`
	State             struct{ Message string }
}

// waitForRun waits until the one flow run of a deployment has ended and the worker has
// noted its task, which the worker of Prefect 2 may do after the end.
func (w *world) waitForRun(base, deployment string) flowRun {
	w.t.Helper()
	var runs []flowRun
	w.eventually("the flow run ends", func() error {
		filter := map[string]any{"deployments": map[string]any{"name": map[string]any{"any_": []string{deployment}}}}
		if err := w.api(base, http.MethodPost, "/flow_runs/filter", filter, &runs); err != nil {
			return err
		}
		final := []string{"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
		if len(runs) != 1 || !slices.Contains(final, runs[0].StateType) || runs[0].InfrastructurePID == "" {
			return fmt.Errorf("flow runs: %+v", runs)
		}
		return nil
	})
	return runs[0]
}

// wantLog waits for a line in a flow run's logs: the client sends them in batches.
func (w *world) wantLog(base, run, line string) {
	w.t.Helper()
	w.eventually("the log line "+line, func() error {
		var logs []struct{ Message string }
		filter := map[string]any{"logs": map[string]any{"flow_run_id": map[string]any{"any_": []string{run}}}}
		if err := w.api(base, http.MethodPost, "/logs/filter", filter, &logs); err != nil {
			return err
		}
		for _, log := range logs {
			if strings.Contains(log.Message, line) {
				return nil
			}
		}
		return fmt.Errorf("logs: %v", logs)
	})
}
