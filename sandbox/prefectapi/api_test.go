package prefectapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"ecsctl/sandbox/prefectapi"
)

// clock is a time that tests move on.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// start serves an API whose time is the clock's.
func start(t *testing.T, options ...prefectapi.Option) (string, *clock) {
	t.Helper()
	c := &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	server := httptest.NewServer(prefectapi.New(append(options, prefectapi.WithClock(c.Now))...))
	t.Cleanup(server.Close)
	return server.URL, c
}

// must makes a call that succeeds and returns what it gives.
func must(t *testing.T, server, method, path, body string) map[string]any {
	t.Helper()
	status, raw := call(t, server, method, path, []byte(body))
	if status >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, status, raw)
	}
	var out map[string]any
	if len(raw) > 0 && json.Unmarshal(raw, &out) != nil {
		var list []any
		if err := json.Unmarshal(raw, &list); err != nil {
			t.Fatalf("%s %s: %s", method, path, raw)
		}
		return map[string]any{"list": list}
	}
	return out
}

func TestHeartbeatsAge(t *testing.T) {
	t.Parallel()
	server, now := start(t)
	must(t, server, post, "/work_pools/", `{"name":"p","type":"ecs"}`)
	must(t, server, post, "/work_pools/p/workers/heartbeat", `{"name":"slow"}`)
	must(t, server, post, "/work_pools/p/workers/heartbeat", `{"name":"fast","heartbeat_interval_seconds":5}`)
	look := func() [3]any {
		pool := must(t, server, get, "/work_pools/p", "")
		queue := must(t, server, get, "/work_pools/p/queues/default", "")
		online := must(t, server, post, "/work_pools/p/workers/filter", `{"workers":{"status":{"any_":["ONLINE"]}}}`)
		return [3]any{pool["status"], queue["status"], len(online["list"].([]any))}
	}
	must(t, server, post, "/work_pools/p/get_scheduled_flow_runs", `{}`)
	for _, step := range []struct {
		later time.Duration
		want  [3]any
	}{
		{0, [3]any{"READY", "READY", 2}},
		{15 * time.Second, [3]any{"READY", "READY", 1}},
		{45 * time.Second, [3]any{"READY", "NOT_READY", 1}},
		{30 * time.Second, [3]any{"NOT_READY", "NOT_READY", 0}},
	} {
		now.add(step.later)
		if diff := gocmp.Diff(step.want, look()); diff != "" {
			t.Errorf("%v later: %s", step.later, diff)
		}
	}
}

func TestPollKeepsLimitsAndPriorities(t *testing.T) {
	t.Parallel()
	server, _ := start(t)
	must(t, server, post, "/work_pools/", `{"name":"p","type":"ecs"}`)
	must(t, server, post, "/work_pools/p/queues", `{"name":"urgent","priority":1,"concurrency_limit":2}`)
	flow := must(t, server, post, "/flows/", `{"name":"f"}`)
	d := must(t, server, post, "/deployments/", fmt.Sprintf(`{"name":"d","flow_id":%q,"work_pool_name":"p"}`,
		flow["id"]))
	ids := map[string]any{}
	for i, queue := range []string{"default", "urgent", "default", "urgent", "urgent"} {
		name := fmt.Sprintf("%s%d", queue, i)
		body := fmt.Sprintf(
			`{"name":%q,"work_queue_name":%q,"state":{"type":"SCHEDULED","state_details":{"scheduled_time":"2025-01-01T00:0%d:00Z"}}}`, name, queue, 9-i)
		ids[name] = must(t, server, post, fmt.Sprintf("/deployments/%s/create_flow_run", d["id"]), body)["id"]
	}
	poll := func(body string) string {
		var names []string
		for _, row := range must(t, server, post, "/work_pools/p/get_scheduled_flow_runs", body)["list"].([]any) {
			names = append(names, row.(map[string]any)["flow_run"].(map[string]any)["name"].(string))
		}
		return strings.Join(names, " ")
	}
	expect := func(body, want string) {
		t.Helper()
		if got := poll(body); got != want {
			t.Errorf("poll %s: %q, want %q", body, got, want)
		}
	}
	expect(`{}`, "urgent4 urgent3 default2 default0")
	expect(`{"scheduled_before":"2025-01-01T00:06:00Z"}`, "urgent4 urgent3")
	expect(`{"work_queue_names":["default"]}`, "default2 default0")
	must(t, server, post, fmt.Sprintf("/flow_runs/%s/set_state", ids["urgent4"]), `{"state":{"type":"PENDING"}}`)
	expect(`{}`, "urgent3 default2 default0")
	must(t, server, patch, "/work_pools/p", `{"concurrency_limit":3}`)
	expect(`{}`, "urgent3 default2")
	must(t, server, patch, "/work_pools/p/queues/urgent", `{"is_paused":true}`)
	expect(`{}`, "default2 default0")
	must(t, server, patch, "/work_pools/p", `{"is_paused":true}`)
	expect(`{}`, "")
}

func TestFailedRunsAreRetried(t *testing.T) {
	t.Parallel()
	server, _ := start(t)
	flow := must(t, server, post, "/flows/", `{"name":"f"}`)
	run := must(t, server, post, "/flow_runs/",
		fmt.Sprintf(`{"flow_id":%q,"empirical_policy":{"retries":1,"retry_delay":60}}`, flow["id"]))
	path := fmt.Sprintf("/flow_runs/%s/set_state", run["id"])
	states := []any{}
	for _, proposal := range []string{"RUNNING", "FAILED", "RUNNING", "FAILED"} {
		force := proposal == "RUNNING" // the retry is only due in a minute
		result := must(t, server, post, path, fmt.Sprintf(`{"state":{"type":%q},"force":%v}`, proposal, force))
		states = append(states, result["status"], result["state"].(map[string]any)["name"])
	}
	want := []any{"ACCEPT", "Running", "REJECT", "AwaitingRetry", "ACCEPT", "Running", "ACCEPT", "Failed"}
	if diff := gocmp.Diff(want, states); diff != "" {
		t.Error(diff)
	}
}

func TestFullDeploymentCancelsNewRuns(t *testing.T) {
	t.Parallel()
	server, _ := start(t)
	must(t, server, post, "/work_pools/", `{"name":"p","type":"ecs"}`)
	flow := must(t, server, post, "/flows/", `{"name":"f"}`)
	d := must(t, server, post, "/deployments/",
		fmt.Sprintf(
			`{"name":"d","flow_id":%q,"work_pool_name":"p","concurrency_limit":1,"concurrency_options":{"collision_strategy":"CANCEL_NEW"}}`, flow["id"]))
	var got []any
	for range 2 {
		run := must(t, server, post, fmt.Sprintf("/deployments/%s/create_flow_run", d["id"]), `{}`)
		result := must(t, server, post, fmt.Sprintf("/flow_runs/%s/set_state", run["id"]),
			`{"state":{"type":"PENDING"}}`)
		got = append(got, result["status"], result["state"].(map[string]any)["type"])
	}
	if diff := gocmp.Diff([]any{"ACCEPT", "PENDING", "REJECT", "CANCELLED"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestCredentialsAreAsked(t *testing.T) {
	t.Parallel()
	server, _ := start(t, prefectapi.WithAuthString("admin:pw"))
	for _, tt := range []struct {
		path, header string
		want         int
	}{
		{"/admin/version", "", 401}, {"/admin/version", "Bearer admin:pw", 401},
		{"/admin/version", "Basic d3Jvbmc=", 401},
		{"/admin/version", "Basic YWRtaW46cHc=", 200}, {"/health", "", 200},
		{"/api/admin/version", "Basic YWRtaW46cHc=", 200},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", tt.header)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil || response.StatusCode != tt.want {
			t.Errorf("GET %s with %q: %d %v, want %d", tt.path, tt.header, response.StatusCode, err, tt.want)
		}
	}
}

func TestRefusesByName(t *testing.T) {
	t.Parallel()
	server, _ := start(t)
	for _, tt := range [][3]string{
		{get, "/saved_searches/x", "GET /saved_searches/x"},
		{post, "/automations/", "POST /automations/"},
		{post, "/work_pools/filter", "work_pools.colour"},
	} {
		status, body := call(t, server, tt[0], tt[1], []byte(`{"work_pools":{"colour":{"any_":["red"]}}}`))
		if status != http.StatusNotImplemented || !strings.Contains(string(body), tt[2]) {
			t.Errorf("%s %s: %d %s", tt[0], tt[1], status, body)
		}
	}
}

// TestCallsAreTransactions lets many workers claim the same runs: each goes to one.
func TestCallsAreTransactions(t *testing.T) {
	t.Parallel()
	server, _ := start(t)
	must(t, server, post, "/work_pools/", `{"name":"p","type":"ecs"}`)
	flow := must(t, server, post, "/flows/", `{"name":"f"}`)
	d := must(t, server, post, "/deployments/", fmt.Sprintf(`{"name":"d","flow_id":%q,"work_pool_name":"p"}`,
		flow["id"]))
	run := must(t, server, post, fmt.Sprintf("/deployments/%s/create_flow_run", d["id"]), `{}`)
	var workers sync.WaitGroup
	answers := make(chan int, 20)
	for range cap(answers) {
		workers.Go(func() {
			status, _ := call(t, server, post, fmt.Sprintf("/flow_runs/%s/set_state", run["id"]),
				[]byte(`{"state":{"type":"PENDING"}}`))
			answers <- status
		})
	}
	workers.Wait()
	close(answers)
	claimed := 0
	for status := range answers {
		if status == http.StatusCreated {
			claimed++
		}
	}
	if claimed != 1 {
		t.Errorf("%d workers claimed the run", claimed)
	}
}
