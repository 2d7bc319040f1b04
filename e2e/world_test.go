//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/inventory"
	"ecsctl/internal/testkit/wiretap"
	"ecsctl/prefect"
)

const (
	region = "eu-west-1"
	// canary is the API key of the tests, in a form that cannot turn up by chance.
	canary = "pnu_c4n4ryKq7Zt2Vx9LwB3e"
)

var worlds atomic.Int64

// world is what one test has to itself: an account in moto with an open default
// VPC, a pool name, a home folder, and recording proxies in front of moto and the
// Prefect server.
type world struct {
	t       *testing.T
	account string
	pool    string
	server  *peers.Server
	tap     *wiretap.Tap
	aws     string // base URL of the proxy in front of moto
	prefect string // API URL through the proxy in front of the Prefect server
	source  *inventory.Source
	home    string // HOME, TMPDIR and working directory of ecsctl
	env     []string
	outputs []output
	secret  *string // name of the secret with the credentials
}

func newWorld(t *testing.T, server *peers.Server) *world {
	t.Helper()
	return newWorldIn(t, all.Moto, server)
}

func newWorldIn(t *testing.T, moto *peers.Moto, server *peers.Server) *world {
	t.Helper()
	n := worlds.Add(1)
	w := &world{
		t: t, server: server, tap: &wiretap.Tap{}, home: t.TempDir(),
		// Of one length, so that no name is the beginning of another.
		account: fmt.Sprintf("%012d", 100000000000+n), pool: fmt.Sprintf("e2e-%04d", n),
	}
	w.secret = aws.String("prefect/" + w.pool + "/api-key")
	w.aws = w.proxy(moto.URL, wiretap.AWS, http.Header{peers.AccountHeader: {w.account}})
	w.prefect = w.proxy(strings.TrimSuffix(server.URL, "/api"), w.classifyPrefect, nil) + "/api"
	w.source = inventory.NewSource(moto.Config(w.account, region), inventory.Prefect{
		URL: server.URL, Own: func(pool string) bool { return strings.HasPrefix(pool, w.pool) },
	})
	w.env = []string{
		"PATH=/usr/bin:/bin", "HOME=" + w.home, "TMPDIR=" + filepath.Join(w.home, "tmp"),
		"AWS_ENDPOINT_URL=" + w.aws, "AWS_ACCESS_KEY_ID=e2e", "AWS_SECRET_ACCESS_KEY=e2e", "AWS_REGION=" + region,
		"AWS_EC2_METADATA_DISABLED=true", "GOGC=" + os.Getenv("GOGC"),
		"ECSCTL_RUNTIME=prefect", // moto has no registry to push our own image to
		"PREFECT_API_URL=" + w.prefect, "PREFECT_API_KEY=" + canary,
	}
	w.must(peers.OpenDefaultVPC(t.Context(), w.source.EC2))
	t.Cleanup(w.forgetPool)
	return w
}

// forgetPool deletes the pool, if it is there still: each snapshot lists all pools of the server, with their templates.
func (w *world) forgetPool() {
	if w.source.Prefect.Authorization != "" {
		return // that server is not shared
	}
	api, err := prefect.New(prefect.Options{APIURL: w.server.URL, MaxRetries: 20})
	w.must(err)
	err = api.DeleteWorkPool(context.WithoutCancel(w.t.Context()), w.pool)
	if err != nil && !errors.Is(err, prefect.ErrNotFound) {
		w.t.Error(err)
	}
}

// classifyPrefect gives calls the same names in every world.
func (w *world) classifyPrefect(req *http.Request, body []byte) (string, bool) {
	operation, write := wiretap.Prefect(req, body)
	return strings.ReplaceAll(operation, w.pool, "POOL"), write
}

func (w *world) proxy(target string, classify wiretap.Classify, header http.Header) string {
	w.t.Helper()
	base, closeProxy, err := w.tap.Proxy(target, classify, header)
	w.must(err)
	w.t.Cleanup(closeProxy)
	return base
}

// must ends the test on an error of its own making.
func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// snapshot reads account and server, and names what differs from world to world.
func (w *world) snapshot() *inventory.Snapshot {
	w.t.Helper()
	snap, err := w.source.Read(w.t.Context())
	w.must(err)
	snap.Rename(w.prefect, "<prefect>")
	snap.Rename(w.account, "<account>")
	snap.Rename(w.pool, "<pool>")
	return snap
}

// same fails the test unless both snapshots hold the same things.
func (w *world) same(what string, want, got *inventory.Snapshot) {
	w.t.Helper()
	if diff := inventory.Diff(want, got); diff != "" {
		w.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// The names that bootstrap derives from the pool (design.md).
func (w *world) executionRole() *string {
	return aws.String("prefect-" + w.pool + "-" + region + "-execution")
}
func (w *world) workerRole() *string {
	return aws.String("prefect-" + w.pool + "-" + region + "-worker")
}
func (w *world) service() *string      { return aws.String("prefect-worker-" + w.pool) }
func (w *world) logGroup() *string     { return aws.String("/ecs/prefect/" + w.pool) }
func (w *world) securityGroup() string { return "prefect-" + w.pool }
