//go:build e2e

package worker

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"ecsctl/prefect"
)

// workerEvent is an event that a worker has sent.
type workerEvent struct {
	Event    string
	Resource map[string]string
	Related  []map[string]string
	Payload  map[string]any
	Follows  string // "" or "another"
	Occurred time.Time
}

// self is what Prefect knows of a worker itself.
type self struct {
	Record []string // the fields of its record
	Events []workerEvent
}

// ask posts to the server and reads the answer.
func (w *world) ask(path string, body, answer any) {
	w.t.Helper()
	raw, err := json.Marshal(body)
	w.must(err)
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.server.URL+path, bytes.NewReader(raw))
	w.must(err)
	request.Header.Set("Content-Type", "application/json")
	request.Close = true // uvicorn closes a connection that is idle for five seconds
	response, err := http.DefaultClient.Do(request)
	w.must(err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		w.t.Fatalf("POST %s: %s", path, response.Status)
	}
	w.must(json.NewDecoder(response.Body).Decode(answer))
}

// workerEvents are those of this world's worker, the oldest first.
func (w *world) workerEvents(prefix string) []workerEvent {
	w.t.Helper()
	pool, err := w.api.ReadWorkPool(w.t.Context(), w.pool)
	w.must(err)
	var answer struct{ Events []workerEvent }
	w.ask("/events/filter", map[string]any{"filter": map[string]any{
		"event":    map[string]any{"prefix": []string{prefix}},
		"related":  map[string]any{"id": []string{"prefect.work-pool." + pool.ID}},
		"occurred": map[string]any{"since": w.began, "until": time.Now().Add(time.Hour)},
	}}, &answer)
	slices.SortStableFunc(answer.Events, func(a, b workerEvent) int {
		return cmp.Or(a.Occurred.Compare(b.Occurred), strings.Compare(a.Event, b.Event))
	})
	return answer.Events
}

// named puts names in the place of ids and of times.
func (w *world) named(names map[string]string, events []workerEvent) []workerEvent {
	w.t.Helper()
	pool, err := w.api.ReadWorkPool(w.t.Context(), w.pool)
	w.must(err)
	replace := []string{pool.ID, "<pool>", w.pool, "<pool>"}
	for from, to := range names {
		replace = append(replace, from, to)
	}
	r := strings.NewReplacer(replace...)
	for i := range events {
		events[i].Occurred = time.Time{}
		if events[i].Follows != "" {
			events[i].Follows = "another"
		}
		for _, resource := range append(events[i].Related, events[i].Resource) {
			for label, value := range resource {
				resource[label] = r.Replace(value)
			}
		}
	}
	return events
}

var messageEnd = regexp.MustCompile(`[:.,(].*`)

// statesAndMessages are a run's states with the kinds of their messages: the words up to
// the first thing that is particular.
func (w *world) statesAndMessages(id string) []string {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet,
		w.server.URL+"/flow_run_states/?flow_run_id="+id, nil)
	w.must(err)
	request.Close = true // uvicorn closes a connection that is idle for five seconds
	response, err := http.DefaultClient.Do(request)
	w.must(err)
	defer response.Body.Close()
	var states []prefect.State
	w.must(json.NewDecoder(response.Body).Decode(&states))
	slices.SortFunc(states, func(a, b prefect.State) int { return a.Timestamp.Compare(b.Timestamp) })
	var out []string
	for _, s := range states {
		if s.Name == "Late" {
			continue
		}
		text := string(s.Type) + " " + s.Name
		if s.Message != "" {
			text += ": " + strings.TrimSpace(messageEnd.ReplaceAllString(s.Message, ""))
		}
		out = append(out, text)
	}
	return out
}

func (w *world) labelsOf(run *prefect.FlowRun, names map[string]string) map[string]string {
	w.t.Helper()
	var labelled struct{ Labels map[string]any }
	w.must(json.Unmarshal(run.Raw(), &labelled))
	pool, err := w.api.ReadWorkPool(w.t.Context(), w.pool)
	w.must(err)
	out := map[string]string{}
	for label, value := range labelled.Labels {
		text := fmt.Sprint(value)
		for from, to := range names {
			text = strings.ReplaceAll(text, from, to)
		}
		out[label] = strings.NewReplacer(pool.ID, "<pool>", w.pool, "<pool>").Replace(text)
	}
	return out
}

// loggersOf are the names of the loggers whose lines are in a run's log.
func (w *world) loggersOf(id string) []string {
	w.t.Helper()
	var lines []struct{ Name string }
	w.ask("/logs/filter", map[string]any{"logs": map[string]any{"flow_run_id": map[string]any{"any_": []string{id}}}},
		&lines)
	var out []string
	for _, line := range lines {
		out = append(out, line.Name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// workerRecord is the record of the only worker, without ids and times.
func (w *world) workerRecord() []string {
	w.t.Helper()
	var workers []map[string]any
	w.ask("/work_pools/"+w.pool+"/workers/filter", map[string]any{}, &workers)
	var out []string
	for _, worker := range workers {
		for field, value := range worker {
			switch field {
			case "id", "work_pool_id", "created", "updated", "last_heartbeat_time":
				value = "set"
			}
			out = append(out, fmt.Sprintf("%s=%v", field, value))
		}
	}
	slices.Sort(out)
	return out
}
