package prefect_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ecsctl/prefect"
)

// optionsOf are the options of a client that the environment is for.
func optionsOf(t *testing.T, url string, environ ...string) (prefect.Options, error) {
	t.Helper()
	dir := t.TempDir()
	settings, err := prefect.Discover(append([]string{"HOME=" + dir, "PREFECT_HOME=" + dir, "PREFECT_API_URL=" + url},
		environ...), dir, prefect.Overrides{})
	check(t, err, nil, "discover settings")
	return settings.ClientOptions()
}

func TestExtraCodesAreTriedAgain(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			w.WriteHeader(http.StatusConflict)
			return
		}
		_, _ = w.Write([]byte(`"3.8.8"`))
	}))
	t.Cleanup(server.Close)
	options, err := optionsOf(t, server.URL+"/api", "PREFECT_CLIENT_RETRY_EXTRA_CODES=409,500")
	check(t, err, nil, "read options")
	client, err := prefect.New(options)
	check(t, err, nil, "make a client")
	version, err := client.ServerVersion(t.Context())
	check(t, err, nil, "ask for the version")
	if version != "3.8.8" || calls.Load() != 2 {
		t.Errorf("got %q after %d calls", version, calls.Load())
	}
}

func TestRequestTimeoutIsThatOfTheSettings(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	options, err := optionsOf(t, server.URL+"/api", "PREFECT_API_REQUEST_TIMEOUT=0.1", "PREFECT_CLIENT_MAX_RETRIES=0")
	check(t, err, nil, "read options")
	client, err := prefect.New(options)
	check(t, err, nil, "make a client")
	began := time.Now()
	if _, err := client.ServerVersion(t.Context()); err == nil || time.Since(began) > 30*time.Second {
		t.Errorf("got %v after %s", err, time.Since(began))
	}
}

func TestWrongRetrySettingsAreNamed(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"PREFECT_CLIENT_RETRY_EXTRA_CODES=all": "is not a list of HTTP statuses",
		"PREFECT_CLIENT_RETRY_EXTRA_CODES=99":  "is not a list of HTTP statuses",
		"PREFECT_API_REQUEST_TIMEOUT=soon":     "is not a number of seconds",
		"PREFECT_API_REQUEST_TIMEOUT=0":        "is not a number of seconds",
	} {
		if _, err := optionsOf(t, "http://server/api", setting); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", setting, err)
		}
	}
}
