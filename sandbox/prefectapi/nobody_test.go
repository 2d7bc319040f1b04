package prefectapi_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	// routePattern finds the routes in the sources.
	routePattern = regexp.MustCompile(`\.handle\("([A-Z]+) (/[^"]*)"`)
	placeholder  = regexp.MustCompile(`\{[^}]*\}`)
)

// notObjects are bodies that are no object, or none that a route takes.
var notObjects = []string{
	"[]", "[1]", "[[]]", `"x"`, "1", "true", " []", "null", `{"a":1}`, `{"limit":"x"}`, "{", "\x00",
	strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
}

// existing makes one of each thing, and returns the id or name for the routes about it.
func existing(t *testing.T, url string) map[string]string {
	t.Helper()
	make := func(path, body string) string {
		t.Helper()
		id, _ := must(t, url, "POST", path, body)["id"].(string)
		return id
	}
	made := map[string]string{"/work_pools/": "p"}
	make("/work_pools/", `{"name":"p","type":"ecs"}`)
	made["/flows/"] = make("/flows/", `{"name":"f"}`)
	made["/deployments/"] = make("/deployments/", `{"name":"d","flow_id":"`+made["/flows/"]+`"}`)
	made["/flow_runs/"] = make("/flow_runs/", `{"flow_id":"`+made["/flows/"]+`"}`)
	made["/task_runs/"] = make("/task_runs/", `{"task_key":"k","dynamic_key":"1","flow_run_id":"`+
		made["/flow_runs/"]+`"}`)
	made["/variables/"] = make("/variables/", `{"name":"v","value":"x"}`)
	made["/v2/concurrency_limits/"] = make("/v2/concurrency_limits/", `{"name":"l","limit":1}`)
	made["/artifacts/"] = make("/artifacts/", `{"key":"a"}`)
	made["/variables/name/"] = "v"
	return made
}

// fillIn puts what exists into a route's placeholders.
func fillIn(route string, made map[string]string) string {
	at := strings.Index(route, "{")
	if at < 0 {
		return route
	}
	if value, found := made[route[:at]]; found {
		route = route[:at] + value + route[at+strings.Index(route[at:], "}")+1:]
	}
	return placeholder.ReplaceAllString(route, "default")
}

// TestBodiesThatAreNone: no body makes a route fail inside; what is no object where one
// belongs is refused, as a server's own validation does.
func TestBodiesThatAreNone(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	url, _ := start(t)
	made, routes := existing(t, url), 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, route := range routePattern.FindAllStringSubmatch(string(source), -1) {
			if routes++; route[1] == http.MethodDelete {
				continue
			}
			for _, body := range notObjects {
				status, raw := call(t, url, route[1], fillIn(route[2], made), []byte(body))
				if status >= http.StatusInternalServerError && status != http.StatusNotImplemented {
					t.Errorf("%s %s with the body %.20q: %d %.200s", route[1], route[2], body, status, raw)
				}
			}
		}
	}
	if routes < 100 {
		t.Errorf("only %d routes were found", routes)
	}
}
