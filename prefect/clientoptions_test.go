package prefect_test

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/prefect"
	"ecsctl/sandbox/prefectapi"
)

func TestClientOptions(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(prefectapi.New(prefectapi.WithAPIKey("k")))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	trusted := filepath.Join(dir, "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	check(t, os.WriteFile(trusted, certificate, 0o600), nil, "write certificate")
	empty := filepath.Join(dir, "empty.pem")
	check(t, os.WriteFile(empty, nil, 0o600), nil, "write empty file")
	for _, tt := range []struct {
		name string
		env  []string
		want string // of the error; "" is none
	}{
		{"trusted", []string{"PREFECT_API_KEY=k", "PREFECT_API_SSL_CERT_FILE=" + trusted}, ""},
		{"unchecked", []string{"PREFECT_API_KEY=k", "PREFECT_API_TLS_INSECURE_SKIP_VERIFY=true"}, ""},
		{"header", []string{`PREFECT_CLIENT_CUSTOM_HEADERS={"Authorization":"Bearer k"}`, "PREFECT_API_SSL_CERT_FILE=" +
			trusted}, ""},
		{"not trusted", []string{"PREFECT_API_KEY=k"}, "certificate"},
		{"no such file", []string{"PREFECT_API_SSL_CERT_FILE=" + dir + "/none"},
			"PREFECT_API_SSL_CERT_FILE from the environment"},
		{"no certificate", []string{"PREFECT_API_SSL_CERT_FILE=" + empty}, "holds no PEM certificate"},
		{"bad headers", []string{"PREFECT_CLIENT_CUSTOM_HEADERS=hush"},
			"PREFECT_CLIENT_CUSTOM_HEADERS from the environment is not"},
		{"bad retries", []string{"PREFECT_CLIENT_MAX_RETRIES=-1"},
			"PREFECT_CLIENT_MAX_RETRIES from the environment is not"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tryVersion(t, append(tt.env, "HOME="+dir, "PREFECT_API_URL="+server.URL+"/api"), dir)
			if tt.want == "" {
				check(t, err, nil, "version")
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hush") {
				t.Errorf("error %v", err)
			}
		})
	}
}

// tryVersion asks the server of an environment for its version.
func tryVersion(t *testing.T, env []string, dir string) error {
	t.Helper()
	s, err := prefect.Discover(env, dir, prefect.Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.ClientOptions()
	if err != nil {
		return err
	}
	c, err := prefect.New(o)
	if err != nil {
		return err
	}
	version, err := c.ServerVersion(t.Context())
	if err == nil {
		if diff := cmp.Diff("3.8.8", version); diff != "" {
			t.Error(diff)
		}
	}
	return err
}

func TestNoRetriesIsNotTheDefault(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"0": -1, "7": 7, "": 0} {
		s, err := prefect.Discover([]string{"PREFECT_CLIENT_MAX_RETRIES=" + text}, t.TempDir(), prefect.Overrides{})
		check(t, err, nil, "discover")
		o, err := s.ClientOptions()
		check(t, err, nil, "options")
		if o.MaxRetries != want {
			t.Errorf("PREFECT_CLIENT_MAX_RETRIES=%q gives MaxRetries %d, want %d", text, o.MaxRetries, want)
		}
	}
}
