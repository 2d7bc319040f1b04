package commands_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

const (
	keyBefore = "pnu_c4n4ry_old"
	keyAfter  = "pnu_c4n4ry_new"
)

// gate is a Prefect API that knows two keys, until one is revoked.
type gate struct {
	api string // base URL

	mu      sync.Mutex
	revoked string
	refused []string // calls with the revoked key
}

func newGate(t *testing.T, target string) *gate {
	t.Helper()
	to, err := url.Parse(strings.TrimSuffix(target, "/api"))
	if err != nil {
		t.Fatal(err)
	}
	g, behind := &gate{}, httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.admits(r) {
			http.Error(w, `{"exception_message":"Unauthorized"}`, http.StatusUnauthorized)
			return
		}
		behind.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	g.api = server.URL + "/api"
	return g
}

func (g *gate) admits(r *http.Request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if key == g.revoked {
		g.refused = append(g.refused, r.Method+" "+r.URL.Path)
	}
	return key != g.revoked && (key == keyBefore || key == keyAfter)
}

func (g *gate) revoke(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.revoked = key
}

func (g *gate) refusals() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.refused...)
}
