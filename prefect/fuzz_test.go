package prefect_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ecsctl/prefect"
)

// FuzzDotenv: no .env takes what is not its own, or more memory than its limit.
func FuzzDotenv(f *testing.F) {
	f.Add("PREFECT_API_URL=http://x/api\nexport PREFECT_API_KEY=\"a\\\"b\" # c\n")
	f.Add("A=${HUSH}\nPREFECT_API_KEY=${A:-x}${A}\nPREFECT_API_URL=${B}${A}\n")
	f.Add("A=${HUSH}\nA=${A}\nPREFECT_API_URL=https://x/${A}\n")
	f.Add("A='1'\nA=${A}${A}\nA=${A}${A}\nPREFECT_X=${A}\n")
	f.Fuzz(func(t *testing.T, text string) {
		discover(t, map[string]string{".env": text})
	})
}

// FuzzProfiles and FuzzSettingsTOML: no TOML panics, and errors do not quote it.
func FuzzProfiles(f *testing.F) {
	f.Add(profilesTOML)
	f.Add("active = \"a\"\n[profiles.a]\nPREFECT_API_URL = [1, {a = 2}]\n")
	f.Fuzz(func(t *testing.T, text string) {
		discover(t, map[string]string{"home/.prefect/profiles.toml": text})
	})
}

func FuzzSettingsTOML(f *testing.F) {
	f.Add("[api]\nurl = \"http://x/api\"\n[client]\ncustom_headers = {a = \"b\"}\nmax_retries = 3\n")
	f.Add("api = 3\n[tool.prefect.api]\nkey = 1979-05-27T07:32:00Z\n")
	f.Fuzz(func(t *testing.T, text string) {
		discover(t, map[string]string{"prefect.toml": text, "pyproject.toml": text})
	})
}

func discover(t *testing.T, files map[string]string) {
	t.Helper()
	dir, env := workspace(t, files, []string{"HUSH=c4n4ry"})
	s, err := prefect.Discover(env, dir, prefect.Overrides{})
	if err != nil {
		return
	}
	for name := range s.Sources {
		if value, _ := s.Lookup(name); strings.Contains(value.Reveal(), "c4n4ry") {
			t.Errorf("%s takes a variable of the environment: %q", name, value.Reveal())
		}
	}
	for _, warning := range s.Warnings() {
		if strings.Contains(warning, "c4n4ry") {
			t.Errorf("a warning tells a secret: %s", warning)
		}
	}
	_, _ = s.ClientOptions()
}

// FuzzAPI: no answer of a server panics a client.
func FuzzAPI(f *testing.F) {
	f.Add(200, "application/json",
		`[{"flow_run":{"id":"x","state":{"type":"SCHEDULED","timestamp":"2026-01-01T00:00:00Z"}}}]`)
	f.Add(422, "application/json", `{"detail":[{"loc":["body",1],"msg":"x","type":"y"}]}`)
	f.Add(403, "text/html", `Missing CSRF token`)
	f.Fuzz(func(t *testing.T, status int, kind, body string) {
		if status < 200 || status > 599 || status == 408 || status == 429 || status == 502 || status == 503 {
			return
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{kind}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}))
		defer server.Close()
		c, err := prefect.New(prefect.Options{APIURL: server.URL + "/api", APIKey: "pnu_c4n4ry", MaxRetries: -1})
		if err != nil {
			t.Fatal(err)
		}
		ask := []func() error{
			func() error { _, err := c.ScheduledFlowRuns(t.Context(), "p", prefect.ScheduledQuery{}); return err },
			func() error { _, err := c.ReadWorkPool(t.Context(), "p"); return err },
			func() error {
				_, err := c.SetFlowRunState(t.Context(), "x", prefect.StateProposal{Type: prefect.Pending})
				return err
			},
			func() error { _, err := c.FlowRunStates(t.Context(), "x"); return err },
			func() error { _, err := c.ReadDeployment(t.Context(), "x"); return err },
		}
		for _, call := range ask {
			if err := call(); err != nil && strings.Contains(err.Error(), "c4n4ry") &&
				!strings.Contains(body, "c4n4ry") {
				t.Errorf("the key is in %q", err)
			}
		}
	})
}
