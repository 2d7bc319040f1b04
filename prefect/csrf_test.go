package prefect_test

import (
	"net/http"
	"strings"
	"testing"

	"ecsctl/prefect"
	"ecsctl/sandbox/prefectapi"
)

// guarded wants a CSRF token for every change, as a server with
// PREFECT_SERVER_CSRF_PROTECTION_ENABLED; renew makes the token worthless.
type guarded struct {
	next   http.Handler
	token  string
	client string
	asked  int
}

func (g *guarded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/csrf-token"):
		g.asked++
		g.client = r.URL.Query().Get("client")
		g.token += "x"
		answering(http.StatusOK, "application/json", `{"token":"`+g.token+`","client":"`+g.client+`"}`).ServeHTTP(w, r)
	case r.Method == http.MethodGet:
		g.next.ServeHTTP(w, r)
	case r.Header.Get("Prefect-Csrf-Token") == "":
		answering(http.StatusForbidden, "application/json", `{"detail":"Missing CSRF token."}`).ServeHTTP(w, r)
	case r.Header.Get("Prefect-Csrf-Token") != g.token || r.Header.Get("Prefect-Csrf-Client") != g.client:
		answering(http.StatusForbidden, "application/json",
			`{"detail":"Invalid CSRF token or client identifier."}`).ServeHTTP(w, r)
	default:
		g.next.ServeHTTP(w, r)
	}
}

func TestCSRFTokens(t *testing.T) {
	t.Parallel()
	g := &guarded{next: prefectapi.New()}
	c := client(t, g, prefect.Options{})
	check(t, c.Health(t.Context()), nil, "health")
	if g.asked != 0 {
		t.Error("a token was fetched for nothing")
	}
	for _, name := range []string{"a", "b"} {
		_, err := c.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: name, Type: "ecs"})
		check(t, err, nil, "create "+name)
	}
	if g.asked != 1 {
		t.Errorf("%d tokens were fetched for two changes", g.asked)
	}
	g.token = "renewed"
	check(t, c.DeleteWorkPool(t.Context(), "a"), nil, "delete with an old token")
	if g.asked != 2 {
		t.Errorf("%d tokens were fetched", g.asked)
	}
}

func TestForbiddenIsNotAboutCSRF(t *testing.T) {
	t.Parallel()
	g := &guarded{next: prefectapi.New(), token: "t"}
	c := client(t, g, prefect.Options{})
	_, err := c.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: "prefect-x", Type: "ecs"})
	check(t, err, prefect.ErrUnauthorized, "create")
	if g.asked != 1 || !strings.Contains(err.Error(), "reserved") {
		t.Errorf("%d tokens; %v", g.asked, err)
	}
}
