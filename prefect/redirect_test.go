package prefect_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"ecsctl/prefect"
)

// thief counts the calls that it gets, and how many of them carried a credential.
type thief struct{ calls, keys atomic.Int64 }

func (s *thief) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.calls.Add(1)
	if r.Header.Get("Authorization") != "" || r.Header.Get("Cf-Access-Client-Secret") != "" {
		s.keys.Add(1)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"name":"p","type":"ecs"}`))
}

// TestRedirectsDoNotCarryTheKey: the key and the custom headers go to the configured
// scheme, host and port, whatever the server answers.
func TestRedirectsDoNotCarryTheKey(t *testing.T) {
	t.Parallel()
	away := map[string]func(configured, thief *url.URL) string{
		"another port": func(_, thief *url.URL) string { return "http://" + thief.Host },
		"another host": func(_, thief *url.URL) string { return "http://localhost:" + thief.Port() },
		"plain http":   func(_, thief *url.URL) string { return "http://" + thief.Host },
	}
	for name, to := range away {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(name+" "+http.StatusText(status), func(t *testing.T) {
				t.Parallel()
				var stolen thief
				elsewhere := httptest.NewServer(&stolen)
				t.Cleanup(elsewhere.Close)
				serve := httptest.NewServer
				if name == "plain http" {
					serve = httptest.NewTLSServer
				}
				var configured *httptest.Server
				configured = serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					target := to(parsed(t, configured.URL), parsed(t, elsewhere.URL))
					http.Redirect(w, r, target+r.URL.Path, status)
				}))
				t.Cleanup(configured.Close)
				c, err := prefect.New(prefect.Options{
					APIURL: configured.URL + "/api", APIKey: "pnu_secret", HTTPClient: configured.Client(),
					Headers: map[string]prefect.Secret{"CF-Access-Client-Secret": "hush"},
				})
				if err != nil {
					t.Fatal(err)
				}
				_, err = c.ReadWorkPool(t.Context(), "p")
				if n := stolen.keys.Load(); n > 0 {
					t.Errorf("the key reached another origin %d times", n)
				}
				if err == nil || !strings.Contains(err.Error(), "http://") || stolen.calls.Load() > 0 {
					t.Errorf("error %v after %d calls elsewhere", err, stolen.calls.Load())
				}
			})
		}
	}
}

// TestRedirectWithinTheServer: a trailing slash is put right by a redirect.
func TestRedirectWithinTheServer(t *testing.T) {
	t.Parallel()
	c := client(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/") {
			http.Redirect(w, r, r.URL.Path+"/", http.StatusTemporaryRedirect)
			return
		}
		answering(200, "application/json", `{"name":"p","type":"ecs"}`).ServeHTTP(w, r)
	}), prefect.Options{APIKey: "pnu_secret"})
	pool, err := c.ReadWorkPool(t.Context(), "p")
	if err != nil || pool.Name != "p" {
		t.Errorf("pool %v, error %v", pool, err)
	}
}

func parsed(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
