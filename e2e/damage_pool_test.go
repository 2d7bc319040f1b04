//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// poolDamages are those done to the work pool.
var poolDamages = []damage{
	{name: "pool's cluster changed", do: changePoolDefault("cluster", "someone-elses"),
		plan: []string{"work-pool update"}},
	{name: "pool's VPC taken away", do: changePoolDefault("vpc_id", nil), plan: []string{"work-pool update"}},
	{name: "pool deleted", do: deletePool, plan: []string{"work-pool create"}},
	{name: "pool's environment changed", do: changePoolDefault("env", map[string]any{"TEAM": "etl"}), stays: true},
	{name: "pool's job name changed", do: changePoolDefault("name", "nightly"), stays: true},
	{name: "pool paused", do: pausePool, stays: true},
}

// call speaks to the Prefect server behind ecsctl's back. A server on SQLite that is
// busy answers 503, which is no more than "again".
func (w *world) call(method, path string, body, answer any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	var failed error
	w.eventually(method+" "+path, func() error {
		again, err := w.callOnce(method, path, raw, answer)
		failed = err
		if again {
			return err
		}
		return nil
	})
	return failed
}

func (w *world) callOnce(method, path string, body []byte, answer any) (again bool, err error) {
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Close = true // uvicorn closes a connection that is idle for five seconds
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		text, _ := io.ReadAll(res.Body)
		return res.StatusCode == http.StatusServiceUnavailable,
			fmt.Errorf("%s %s: %s: %s", method, path, res.Status, text)
	}
	if answer == nil {
		return false, nil
	}
	return false, json.NewDecoder(res.Body).Decode(answer)
}

func changePoolDefault(variable string, value any) func(*world) error {
	return func(w *world) error {
		var pool struct {
			Template map[string]any `json:"base_job_template"`
		}
		if err := w.call(http.MethodGet, "/work_pools/"+w.pool, nil, &pool); err != nil {
			return err
		}
		variables, _ := pool.Template["variables"].(map[string]any)
		properties, _ := variables["properties"].(map[string]any)
		property, ok := properties[variable].(map[string]any)
		if !ok {
			return errors.New("the pool's template has no variable " + variable)
		}
		property["default"] = value
		return w.call(http.MethodPatch, "/work_pools/"+w.pool, map[string]any{"base_job_template": pool.Template}, nil)
	}
}

func deletePool(w *world) error { return w.call(http.MethodDelete, "/work_pools/"+w.pool, nil, nil) }

func pausePool(w *world) error {
	return w.call(http.MethodPatch, "/work_pools/"+w.pool, map[string]any{"is_paused": true}, nil)
}
