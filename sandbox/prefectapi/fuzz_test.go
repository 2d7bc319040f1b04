package prefectapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ecsctl/sandbox/prefectapi"
)

// FuzzPrefectAPI: no call of the Prefect API fails inside the sandbox.
func FuzzPrefectAPI(f *testing.F) {
	f.Add("POST", "/api/work_pools/", `{"name":"p","type":"ecs"}`)
	f.Add("POST", "/api/flow_runs/filter", `{"flow_runs":{"state":{"type":{"any_":["PENDING"]}}},"limit":1}`)
	f.Add("PATCH", "/api/work_pools/p", `{"base_job_template":{}}`)
	f.Add("POST", "/api/work_pools/p/get_scheduled_flow_runs", `{"scheduled_before":"2026-01-01T00:00:00Z"}`)
	f.Add("POST", "/api/work_pools/p/get_scheduled_flow_runs", `{"sCheduled_Before":"no time"}`)
	f.Add("POST", "/api/deployments/", `{"name":"d","flow_id":"x","schedules":[{"schedule":{"cron":"* * * * *"}}]}`)
	api := prefectapi.New()
	f.Fuzz(func(t *testing.T, method, path, body string) {
		r, err := http.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
		if err != nil || r.URL.Path == "" {
			return
		}
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if w.Code == http.StatusInternalServerError {
			t.Errorf("%s %s %q: %s", method, path, body, w.Body)
		}
	})
}
