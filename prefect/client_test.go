package prefect_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ecsctl/prefect"
	"ecsctl/sandbox/prefectapi"
)

// realEnv names a real server to run the story of TestStory against as well.
const realEnv = "ECSCTL_CONTRACT_PREFECT_API_URL"

// servers gives each test the fakes of both versions, and the real server if there is one.
func servers(t *testing.T, test func(t *testing.T, c *prefect.Client)) {
	t.Helper()
	for _, version := range []string{"3.8.8", "2.20.26"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			test(t, client(t, prefectapi.New(prefectapi.WithVersion(version)), prefect.Options{}))
		})
	}
	if real := os.Getenv(realEnv); real != "" {
		t.Run("real", func(t *testing.T) {
			t.Parallel()
			c, err := prefect.New(prefect.Options{APIURL: real})
			if err != nil {
				t.Fatal(err)
			}
			test(t, c)
		})
	}
}

// client is one of a server that lives as long as the test.
func client(t *testing.T, handler http.Handler, o prefect.Options) *prefect.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	o.APIURL = server.URL + "/api"
	c, err := prefect.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const template = `{"variables":{"z":1.50,"a":12345678901234567890,"text":"<&>"},"job_configuration":{"b":null,"a":[]},"later":true}`

func TestWorkPoolStory(t *testing.T) {
	t.Parallel()
	servers(t, func(t *testing.T, c *prefect.Client) {
		ctx := t.Context()
		const name = "zz client pool"
		made, err := c.CreateWorkPool(ctx, prefect.WorkPoolCreate{
			Name: name, Type: "ecs", BaseJobTemplate: json.RawMessage(template),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			ctx := context.WithoutCancel(ctx)
			check(t, c.DeleteWorkPool(ctx, name), nil, "delete")
			check(t, c.DeleteWorkPool(ctx, name), prefect.ErrNotFound, "delete again")
		})
		_, err = c.CreateWorkPool(ctx, prefect.WorkPoolCreate{Name: name, Type: "ecs"})
		check(t, err, prefect.ErrConflict, "create twice")
		_, err = c.CreateWorkPool(ctx, prefect.WorkPoolCreate{Name: "a/b", Type: "ecs"})
		check(t, err, prefect.ErrInvalid, "create a/b")
		_, err = c.CreateWorkPool(ctx, prefect.WorkPoolCreate{Name: "prefect-x", Type: "ecs"})
		check(t, err, prefect.ErrUnauthorized, "create a reserved name")
		_, err = c.ReadWorkPool(ctx, "zz none?#")
		check(t, err, prefect.ErrNotFound, "read a missing pool")

		limit := 7
		check(t, c.UpdateWorkPool(ctx, name, prefect.WorkPoolUpdate{ConcurrencyLimit: &limit}), nil, "update")
		got, err := c.ReadWorkPool(ctx, name)
		check(t, err, nil, "read")
		want := &prefect.WorkPool{
			ID: made.ID, Name: name, Type: "ecs", Status: "NOT_READY", ConcurrencyLimit: &limit,
			DefaultQueueID: made.DefaultQueueID,
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(prefect.WorkPool{}, "BaseJobTemplate",
			"Storage")); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(keys(template), keys(string(got.BaseJobTemplate))); diff != "" {
			t.Errorf("the template's keys or their order changed: %s", diff)
		}

		_, err = c.Heartbeat(ctx, name, prefect.Heartbeat{Name: "w1", IntervalSeconds: 30, WantID: true})
		check(t, err, nil, "heartbeat")
		_, err = c.Heartbeat(ctx, "zz none", prefect.Heartbeat{Name: "w1"})
		check(t, err, prefect.ErrNotFound, "heartbeat to a missing pool")
		workers, err := c.Workers(ctx, name)
		check(t, err, nil, "workers")
		if len(workers) != 1 || workers[0].Name != "w1" || !workers[0].Online() ||
			time.Since(workers[0].LastHeartbeatTime).Abs() > time.Minute {
			t.Errorf("workers: %+v", workers)
		}
	})
}

// keys lists the keys of a document in order.
func keys(document string) []string {
	var out []string
	decoder := json.NewDecoder(strings.NewReader(document))
	for {
		token, err := decoder.Token()
		if err != nil {
			return out
		}
		if key, ok := token.(string); ok && decoder.More() {
			out = append(out, key)
		}
	}
}

func check(t *testing.T, got, want error, what string) {
	t.Helper()
	if !errors.Is(got, want) || (want == nil && got != nil) {
		t.Errorf("%s: error %v, want %v", what, got, want)
	}
}

func TestServerFacts(t *testing.T) {
	t.Parallel()
	servers(t, func(t *testing.T, c *prefect.Client) {
		check(t, c.Health(t.Context()), nil, "health")
		version, err := c.ServerVersion(t.Context())
		check(t, err, nil, "version")
		if !strings.Contains(version, ".") || c.IsCloud() {
			t.Errorf("version %q, cloud %v", version, c.IsCloud())
		}
		raw, err := c.WorkerTemplate(t.Context(), "ecs")
		check(t, err, nil, "template")
		if got := keys(string(raw)); len(got) < 50 {
			t.Errorf("the ecs template has the keys %v", got)
		}
		_, err = c.WorkerTemplate(t.Context(), "none")
		check(t, err, prefect.ErrNotFound, "template of an unknown type")
	})
}

func TestIsCloud(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		url, cloud string
		want       bool
	}{
		{"https://api.prefect.cloud/api/accounts/a/workspaces/w", "", true},
		{"https://api.prefect.cloud/apiary", "", false},
		{"http://127.0.0.1:4200/api", "", false},
		{"https://api.stg.example/api/accounts/a", "https://api.stg.example/api/", true},
	} {
		c, err := prefect.New(prefect.Options{APIURL: tt.url, CloudAPIURL: tt.cloud})
		if err != nil {
			t.Fatal(err)
		}
		if c.IsCloud() != tt.want {
			t.Errorf("%s: IsCloud() = %v", tt.url, !tt.want)
		}
	}
}

func TestBadAPIURL(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"127.0.0.1:4200/api", "ftp://h/api", "http://", "https://user:hush@h/api",
		"http://h\n/api"} {
		_, err := prefect.New(prefect.Options{APIURL: url})
		if err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("New(%q) = %v", url, err)
		}
	}
	_, err := prefect.New(prefect.Options{})
	check(t, err, prefect.ErrNoAPIURL, "no URL")
}
