package provision_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"ecsctl/provision"
)

// A task's credentials, and an instance's, are asked for without the proxy that is set for everything
// else: it would see the keys, and reach another machine's endpoint. The environment is read once
// in a process, so that another one asks.
func TestCredentialsAreAskedForDirectly(t *testing.T) {
	t.Parallel()
	const helper = "ECSCTL_TEST_ASKS"
	if os.Getenv(helper) != "" {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		cfg, err := provision.LoadAWSConfig(ctx, "us-east-1", "", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = cfg.Credentials.Retrieve(ctx) // nobody is there
		return
	}
	for name, set := range map[string]string{
		"task":     "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/credentials/x",
		"instance": "AWS_EC2_METADATA_DISABLED=false",
	} {
		var asked atomic.Int64
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			http.Error(w, "no", http.StatusForbidden)
		}))
		command := exec.Command(os.Args[0], "-test.run=^TestCredentialsAreAskedForDirectly$")
		command.Env = []string{helper + "=1", set, "HOME=" + t.TempDir(), "HTTP_PROXY=" + proxy.URL,
			"http_proxy=" + proxy.URL}
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		if n := asked.Load(); n > 0 {
			t.Errorf("%s: the proxy was asked %d times", name, n)
		}
		proxy.Close()
	}
}
