package commands_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"ecsctl/e2e/wiretap"
	"ecsctl/internal/inventory"
	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
)

const (
	region = "eu-west-1"
	// canary is the API key of the tests, in a form that cannot turn up by chance.
	canary = "pnu_c4n4ryKq7Zt2Vx9LwB3e"
	// canaryMark is in every key of the tests.
	canaryMark = "c4n4ry"
)

// world is what one test has to itself: an account and a Prefect server, played by
// a sandbox, with a tap on the wire.
type world struct {
	server  *sandbox.Server
	tap     *wiretap.Tap
	aws     string // URL of the tap in front of the AWS services
	prefect string // API URL of the tap in front of the Prefect server
	source  *inventory.Source
	saved   map[string]*inventory.Snapshot
	shown   string    // by the last `ecsctl status`
	last    *exec.Cmd // the program that was interrupted last
	close   []func()
}

// newWorld starts a sandbox. The key, if any, is what its Prefect API wants.
func newWorld(opts sandbox.Options, authorization string, api ...prefectapi.Option) (*world, error) {
	if opts.ContainerEnvironment == nil {
		opts.ContainerEnvironment = quickWorker // else all workers answer health checks on one port
	}
	opts.PrefectAPI = prefectapi.New(api...)
	if opts.Region == "" {
		opts.Region = region
	}
	server, err := sandbox.Start(opts)
	if err != nil {
		return nil, err
	}
	w := &world{server: server, tap: &wiretap.Tap{}, saved: map[string]*inventory.Snapshot{}}
	w.close = append(w.close, func() { _ = server.Close() })
	if err := w.openTaps(); err != nil {
		return nil, errors.Join(err, w.end())
	}
	// Reading and damaging go past the tap: it hears ecsctl alone.
	w.source = inventory.NewSource(aws.Config{
		Region: opts.Region, BaseEndpoint: aws.String(server.URL()), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(sandbox.AccessKeyID, "test", ""),
	}, inventory.Prefect{URL: server.PrefectAPIURL(), Authorization: authorization})
	return w, nil
}

func (w *world) openTaps() error {
	base, closeAWS, err := w.tap.Proxy(w.server.URL(), wiretap.AWS, nil)
	if err != nil {
		return err
	}
	w.close = append(w.close, closeAWS)
	w.aws = base
	base, closePrefect, err := w.tap.Proxy(strings.TrimSuffix(w.server.PrefectAPIURL(), "/api"), wiretap.Prefect, nil)
	if err != nil {
		return err
	}
	w.close = append(w.close, closePrefect)
	w.prefect = base + "/api"
	return nil
}

// end closes everything, the taps first.
func (w *world) end() error {
	for _, f := range slices.Backward(w.close) {
		f()
	}
	return nil
}

// env is how ecsctl finds both servers.
func (w *world) env() map[string]string {
	env := map[string]string{"PREFECT_API_URL": w.prefect, "PREFECT_API_KEY": canary}
	for _, entry := range w.server.Env() {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			env[name] = value
		}
	}
	env["AWS_ENDPOINT_URL"] = w.aws
	return env
}

// writes are the write calls of ecsctl since the last look, sorted. Heartbeats are
// the worker's.
func (w *world) writes() []string {
	return slices.DeleteFunc(w.tap.Writes(), isHeartbeat)
}

func isHeartbeat(operation string) bool { return strings.HasSuffix(operation, "/workers/heartbeat") }

// snapshot reads account and server, and names what differs from world to world.
func (w *world) snapshot(ctx context.Context) (*inventory.Snapshot, error) {
	snap, err := w.source.Read(ctx)
	if err != nil {
		return nil, err
	}
	snap.Rename(w.prefect, "<prefect>")
	snap.Rename(strings.TrimPrefix(w.server.URL(), "http://"), "<registry>")
	return snap, nil
}

// workerImages lets the official images be pulled: the test binary stands in for them.
func workerImages() (map[string]string, error) {
	program, err := exec.LookPath("prefect")
	if err != nil {
		return nil, fmt.Errorf("failed to find the worker's program: %w", err)
	}
	return map[string]string{"prefecthq/*": filepath.Dir(program)}, nil
}
