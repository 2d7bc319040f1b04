package stage

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"ecsctl/internal/testkit/inventory"
	"ecsctl/internal/testkit/wiretap"
	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
)

const (
	// Region is where the tests play.
	Region = "eu-west-1"
	// Canary is the API key of the tests, in a form that cannot turn up by chance.
	Canary = "pnu_c4n4ryKq7Zt2Vx9LwB3e"
	// CanaryMark is in every key of the tests.
	CanaryMark = "c4n4ry"
)

// World is what one test has to itself: an account and a Prefect server, played by
// a sandbox, with a tap on the wire.
type World struct {
	Server  *sandbox.Server
	Tap     *wiretap.Tap
	aws     string // URL of the tap in front of the AWS services
	Prefect string // API URL of the tap in front of the Prefect server
	Source  *inventory.Source
	saved   map[string]*inventory.Snapshot
	shown   string    // by the last `ecsctl status`
	last    *exec.Cmd // the program that was interrupted last
	close   []func()
}

// NewWorld starts a sandbox. The key, if any, is what its Prefect API wants.
func NewWorld(opts sandbox.Options, authorization string, api ...prefectapi.Option) (*World, error) {
	if opts.ContainerEnvironment == nil {
		opts.StandInEnvironment = true
		opts.ContainerEnvironment = QuickWorker // else all workers answer health checks on one port
	}
	opts.PrefectAPI = prefectapi.New(api...)
	opts.HealthRetries = 100 // no test is about them, and many wait for a worker while others take all processors
	if opts.Region == "" {
		opts.Region = Region
	}
	server, err := sandbox.Start(opts)
	if err != nil {
		return nil, err
	}
	w := &World{Server: server, Tap: &wiretap.Tap{}, saved: map[string]*inventory.Snapshot{}}
	w.close = append(w.close, func() { _ = server.Close() })
	if err := w.openTaps(); err != nil {
		return nil, errors.Join(err, w.End())
	}
	// Reading and damaging go past the tap: it hears ecsctl alone.
	cfg := server.Config()
	cfg.RetryMaxAttempts = 1
	w.Source = inventory.NewSource(cfg, inventory.Prefect{URL: server.PrefectAPIURL(), Authorization: authorization})
	return w, nil
}

func (w *World) openTaps() error {
	base, closeAWS, err := w.Tap.Proxy(w.Server.URL(), wiretap.AWS, nil)
	if err != nil {
		return err
	}
	w.close = append(w.close, closeAWS)
	w.aws = base
	base, closePrefect, err := w.Tap.Proxy(strings.TrimSuffix(w.Server.PrefectAPIURL(), "/api"), wiretap.Prefect, nil)
	if err != nil {
		return err
	}
	w.close = append(w.close, closePrefect)
	w.Prefect = base + "/api"
	return nil
}

// End closes everything, the taps first.
func (w *World) End() error {
	for _, f := range slices.Backward(w.close) {
		f()
	}
	return nil
}

// Env is how ecsctl finds both servers.
func (w *World) Env() map[string]string {
	env := map[string]string{"PREFECT_API_URL": w.Prefect, "PREFECT_API_KEY": Canary}
	for _, entry := range w.Server.Env() {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			env[name] = value
		}
	}
	env["AWS_ENDPOINT_URL"] = w.aws
	return env
}

// Writes are the write calls of ecsctl that were accepted since the last look, sorted.
// Heartbeats are the worker's.
func (w *World) Writes() []string {
	return slices.DeleteFunc(w.Tap.Writes(), isWorkers)
}

// Tried are all attempts of write calls.
func (w *World) Tried() wiretap.Calls {
	return slices.DeleteFunc(w.Tap.Tried(), func(call wiretap.Call) bool { return isWorkers(call.Operation) })
}

// isWorkers reports whether a call comes from the workers alone: their heartbeats and events.
func isWorkers(operation string) bool {
	return strings.HasSuffix(operation, "/workers/heartbeat") || operation == "prefect:POST /events"
}

// Snapshot reads account and server, and names what differs from world to world.
func (w *World) Snapshot(ctx context.Context) (*inventory.Snapshot, error) {
	snap, err := w.Source.Read(ctx)
	if err != nil {
		return nil, err
	}
	snap.Rename(w.Prefect, "<prefect>")
	snap.Rename(strings.TrimPrefix(w.Server.URL(), "http://"), "<registry>")
	return snap, nil
}

// WorkerImages lets the official images be pulled: the test binary stands in for them.
func WorkerImages() (map[string]string, error) {
	program, err := exec.LookPath("prefect")
	if err != nil {
		return nil, fmt.Errorf("failed to find the worker's program: %w", err)
	}
	return map[string]string{"prefecthq/*": filepath.Dir(program)}, nil
}
