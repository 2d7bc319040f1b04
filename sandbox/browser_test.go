package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
)

// TestWebPagesAreKeptOut: what a page in the user's browser can send is refused on every
// route: AWS, Prefect, its websockets, and the sandbox's own.
func TestWebPagesAreKeptOut(t *testing.T) {
	t.Parallel()
	server, err := sandbox.Start(sandbox.Options{PrefectAPI: prefectapi.New()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	port := server.URL()[strings.LastIndex(server.URL(), ":"):]
	for name, change := range map[string]func(*http.Request){
		"DNS rebinding":              func(r *http.Request) { r.Host = "evil.example" + port },
		"a simple POST":              func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"a sandboxed frame":          func(r *http.Request) { r.Header.Set("Origin", "null") },
		"another port of loopback":   func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:1") },
		"a form of an older browser": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
	} {
		for _, path := range []string{"/", "/api/work_pools/filter", "/api/events/in", "/_sandbox/faults", "/v2/"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL()+path,
				strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			change(r)
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if response.StatusCode != http.StatusForbidden && response.StatusCode != http.StatusMisdirectedRequest {
				t.Errorf("%s to %s: %d", name, path, response.StatusCode)
			}
			if path == "/api/work_pools/filter" {
				fine, err := http.Post(server.URL()+path, "application/json", strings.NewReader("{}"))
				if err != nil || fine.StatusCode != http.StatusOK {
					t.Fatalf("a program's call: %v %v", fine, err)
				}
				_ = fine.Body.Close()
			}
		}
	}
}
