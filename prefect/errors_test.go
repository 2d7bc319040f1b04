package prefect_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ecsctl/internal/hint"
	"ecsctl/internal/ownport"
	"ecsctl/prefect"
	"ecsctl/sandbox/prefectapi"
)

func TestCredentials(t *testing.T) {
	t.Parallel()
	const key, auth = "pnu_right", "admin:right"
	for _, tt := range []struct {
		name   string
		server []prefectapi.Option
		client prefect.Options
		want   string // of the error; "" is none
	}{
		{"key", []prefectapi.Option{prefectapi.WithAPIKey(key)}, prefect.Options{APIKey: key}, ""},
		{"wrong key", []prefectapi.Option{prefectapi.WithAPIKey(key)}, prefect.Options{APIKey: "pnu_wrong"},
			"refused the API key (401)"},
		{"no key", []prefectapi.Option{prefectapi.WithAPIKey(key)}, prefect.Options{},
			"wants credentials, and there are none (401)"},
		{"auth string", []prefectapi.Option{prefectapi.WithAuthString(auth)}, prefect.Options{AuthString: auth}, ""},
		{"auth string before key", []prefectapi.Option{prefectapi.WithAuthString(auth)},
			prefect.Options{AuthString: auth, APIKey: key}, ""},
		{"wrong auth string", []prefectapi.Option{prefectapi.WithAuthString(auth)},
			prefect.Options{AuthString: "admin:wrong"}, "refused the auth string (401)"},
		{"header of the user's own", []prefectapi.Option{prefectapi.WithAPIKey(key)},
			prefect.Options{Headers: map[string]prefect.Secret{"authorization": "Bearer " + key}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := client(t, prefectapi.New(tt.server...), tt.client)
			_, err := c.ServerVersion(t.Context())
			if tt.want == "" {
				check(t, err, nil, "version")
				return
			}
			check(t, err, prefect.ErrUnauthorized, "version")
			if !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), c.APIURL()) {
				t.Errorf("%q does not say %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "pnu_") || strings.Contains(err.Error(), "admin") {
				t.Errorf("credentials show in %q", err)
			}
			if len(hint.Of(err)) == 0 {
				t.Error("no hint")
			}
		})
	}
}

// answering gives the same answer to every call.
func answering(status int, contentType, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
}

func TestErrorWords(t *testing.T) {
	t.Parallel()
	const json = "application/json"
	for _, tt := range []struct {
		name   string
		server http.Handler
		want   string
		hides  string
	}{
		{"detail", answering(418, json, `{"detail":"short and stout"}`),
			`failed to read work pool "p/q": the Prefect server at URL answered 418 to GET /work_pools/p/q: short and stout`, ""},
		{"problems", answering(422, json, `{"detail":[{"loc":["body","name"],"msg":"too odd","input":"hush"}]}`),
			"body.name: too odd", "hush"},
		{"exception", answering(422, json,
			`{"exception_message":"Invalid request received.","exception_detail":[{"loc":["body",0],"msg":"bad","input":"hush"}],"request_body":{"key":"hush"}}`), "Invalid request received: body.0: bad", "hush"},
		{"page", answering(500, "text/html", `<html>hush</html>`),
			"answered 500 to GET /work_pools/p/q: Internal Server Error", "hush"},
		{"no API", answering(200, "text/html; charset=utf-8", `<html>`),
			`URL is not a Prefect API: it answered GET /work_pools/p/q with "text/html" instead of JSON`, ""},
		{"half an answer", answering(200, json, `{"id":`),
			"failed to read the answer of the Prefect server at URL to GET /work_pools/p/q", ""},
		{"long", answering(400, json, `{"detail":"`+strings.Repeat("x", 5000)+`"}`), strings.Repeat("x", 500),
			strings.Repeat("x", 501)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := client(t, tt.server, prefect.Options{MaxRetries: -1})
			_, err := c.ReadWorkPool(t.Context(), "p/q")
			if err == nil {
				t.Fatal("no error")
			}
			text := strings.ReplaceAll(err.Error(), c.APIURL(), "URL")
			if !strings.Contains(text, tt.want) {
				t.Errorf("%q does not say %q", text, tt.want)
			}
			if tt.hides != "" && strings.Contains(text, tt.hides) {
				t.Errorf("%q says too much", text)
			}
		})
	}
}

func TestMeanings(t *testing.T) {
	t.Parallel()
	all := []error{prefect.ErrNotFound, prefect.ErrConflict, prefect.ErrUnauthorized, prefect.ErrInvalid,
		prefect.ErrBusy}
	for status, want := range map[int]error{
		404: prefect.ErrNotFound, 409: prefect.ErrConflict, 401: prefect.ErrUnauthorized, 403: prefect.ErrUnauthorized,
		400: prefect.ErrInvalid, 422: prefect.ErrInvalid, 408: prefect.ErrBusy, 429: prefect.ErrBusy,
		502: prefect.ErrBusy,
		503: prefect.ErrBusy, 504: prefect.ErrBusy, 500: nil, 501: nil,
	} {
		_, err := client(t, answering(status, "application/json", `{"detail":"so it is"}`),
			prefect.Options{MaxRetries: -1}).ReadFlow(t.Context(), "x")
		for _, meaning := range all {
			if errors.Is(err, meaning) != (meaning == want) {
				t.Errorf("%d: errors.Is(%v) = %v", status, meaning, meaning != want)
			}
		}
		wantTemporary := status == 500 || want == prefect.ErrBusy
		if prefect.Temporary(err) != wantTemporary {
			t.Errorf("%d: Temporary = %v", status, !wantTemporary)
		}
	}
}

func TestNoPrefectAPIIsNotAMissingPool(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"detail":"Not Found"}`, `<html>no such page</html>`, `{}`} {
		server := httptest.NewServer(answering(http.StatusNotFound, "application/json", body))
		t.Cleanup(server.Close)
		c, err := prefect.New(prefect.Options{APIURL: server.URL})
		check(t, err, nil, "new")
		_, err = c.ReadWorkPool(t.Context(), "p")
		if err == nil || errors.Is(err, prefect.ErrNotFound) {
			t.Errorf("%s: error %v", body, err)
		}
		if hints := strings.Join(hint.Of(err), "; "); !strings.Contains(hints, "/api") {
			t.Errorf("%s: hints %q", body, hints)
		}
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	port, err := ownport.Take() // nobody listens on it, and nobody will
	check(t, err, nil, "take a port")
	address := "127.0.0.1:" + port
	c, err := prefect.New(prefect.Options{APIURL: "http://" + address + "/api", APIKey: "pnu_hush"})
	check(t, err, nil, "new")
	err = c.Health(t.Context()) // at once, although retries are on: the server was never there
	check(t, err, prefect.ErrUnreachable, "health")
	if !prefect.Temporary(err) || !strings.Contains(err.Error(), address) || strings.Contains(err.Error(), "hush") {
		t.Errorf("error %q", err)
	}
}

func TestRedirectThatLosesTheBody(t *testing.T) {
	t.Parallel()
	target := httptest.NewServer(answering(200, "application/json", `[]`))
	t.Cleanup(target.Close)
	c := client(t, http.RedirectHandler(target.URL, http.StatusMovedPermanently), prefect.Options{})
	_, err := c.Workers(t.Context(), "p")
	if err == nil || !strings.Contains(err.Error(), target.URL) {
		t.Errorf("error %v", err)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := client(t, prefectapi.New(), prefect.Options{}).Health(ctx)
	check(t, err, context.Canceled, "health")
	if prefect.Temporary(err) {
		t.Error("a cancelled call is temporary")
	}
}
