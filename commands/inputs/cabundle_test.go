package inputs_test

import (
	"encoding/pem"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/image"
	"ecsctl/internal/cabundle"
	"ecsctl/internal/hint"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/sandbox/prefectapi"
)

// Behind a proxy that inspects TLS everything is signed by its CA, which AWS's tools know by AWS_CA_BUNDLE or
// ca_bundle. Here it signs a registry, a Prefect API and, in AWS's place, one that answers nothing.
func TestCABundleCountsForAll(t *testing.T) {
	blobs := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	api := prefectapi.New()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			http.StripPrefix("/api", api).ServeHTTP(w, r)
			return
		}
		blobs.ServeHTTP(w, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(server.Close)
	t.Cleanup(func() { _ = cabundle.Use("", "") })
	dir := t.TempDir()
	bundle, config := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "config")
	write(t, bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	write(t, config, []byte("[profile p]\nca_bundle = "+bundle+
		"\naws_access_key_id = AKIAX\naws_secret_access_key = x\n"))
	t.Setenv("AWS_CONFIG_FILE", config)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "none"))
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAX")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "x")
	for name, test := range map[string]struct{ variable, profile string }{
		"neither": {"", ""}, "AWS_CA_BUNDLE": {bundle, ""}, "ca_bundle": {"", "p"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("AWS_CA_BUNDLE", test.variable)
			if err := inputs.UseCABundle(t.Context(), test.profile); err != nil {
				t.Fatal(err)
			}
			for what, err := range reach(t, server.URL, test.profile) {
				hints := strings.Join(hint.Of(err), "\n") + cabundle.Advice(err)
				switch {
				case name == "neither" && (err == nil || !strings.Contains(hints, "AWS_CA_BUNDLE")):
					t.Errorf("%s: got error %v, hints %q", what, err, hints)
				case name != "neither" && err != nil && strings.Contains(err.Error(), "x509"):
					t.Errorf("%s: got error %v", what, err)
				}
			}
		})
	}
}

// reach asks each kind of server, and returns what that came to.
func reach(t *testing.T, url, profile string) map[string]error {
	t.Helper()
	ctx, out := t.Context(), map[string]error{}
	streams := console.Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard}
	options := provision.Options{Logger: slog.New(slog.DiscardHandler)}
	client, err := inputs.PrefectClient(prefect.Settings{APIURL: url + "/api"}, streams, &options)
	if err != nil {
		t.Fatal(err)
	}
	_, out["Prefect"] = client.ServerVersion(ctx)
	host := strings.TrimPrefix(url, "https://")
	_, out["registry"] = image.Head(ctx, image.Destination{Repository: host + "/flows"}, "v1")
	clients, err := provision.NewClients(ctx, "eu-west-1", profile, nil, options.Logger)
	if err != nil {
		t.Fatal(err)
	}
	_, out["AWS"] = provision.WhoAmI(ctx, clients)
	return out
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
