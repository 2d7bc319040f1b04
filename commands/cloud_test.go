package commands_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"

	"ecsctl/internal/testkit/stage"
	"ecsctl/prefect"
)

const (
	accountID   = "11111111-1111-1111-1111-111111111111"
	workspaceID = "22222222-2222-2222-2222-222222222222"
)

// cloud plays what Prefect Cloud has beyond a server: the workspaces of a key, and each
// workspace's API below its ids. The workspace itself is the sandbox's API.
func (a *account) cloud() string {
	a.t.Helper()
	target, err := url.Parse(strings.TrimSuffix(a.Prefect, "/api"))
	if err != nil {
		a.t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/me/workspaces", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+stage.Canary {
			http.Error(w, `{"detail":"Unauthorized"}`, http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode([]prefect.Workspace{
			{AccountID: accountID, AccountName: "ACME", AccountHandle: "acme",
				WorkspaceID: "33333333-3333-3333-3333-333333333333", WorkspaceName: "Staging",
				WorkspaceHandle: "staging"},
			{AccountID: accountID, AccountName: "ACME", AccountHandle: "acme", WorkspaceID: workspaceID,
				WorkspaceName: "Production", WorkspaceHandle: "production"},
		})
	})
	inner := httputil.NewSingleHostReverseProxy(target)
	mux.Handle("/api/accounts/"+accountID+"/workspaces/"+workspaceID+"/",
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, rest, _ := strings.Cut(r.URL.Path, "/workspaces/"+workspaceID)
			r.URL.Path, r.URL.RawPath = "/api"+rest, ""
			inner.ServeHTTP(w, r)
		}))
	server := httptest.NewServer(mux)
	a.t.Cleanup(server.Close)
	return server.URL + "/api"
}
