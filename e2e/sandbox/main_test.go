//go:build e2e

// Package sandbox tests `ecsctl sandbox` with the programs that people use with AWS and
// Prefect: the AWS CLI, boto3, Prefect's command line and client, the official worker
// and real flow runs; and it holds the contract suites against moto and real servers.
package sandbox

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"ecsctl/e2e/peers"
)

// shared is what all tests of this package share; servers start with the first test
// that asks for them.
var shared struct {
	dir    string
	binary string
	ctx    context.Context

	mu      sync.Mutex
	servers map[string]*peers.Server
	moto    *peers.Moto
}

func TestMain(m *testing.M) { peers.Main(m, prepare, killServers) }

func prepare(ctx context.Context, dir string) error {
	shared.dir, shared.binary, shared.ctx, shared.servers = dir, filepath.Join(dir, "ecsctl"), ctx,
		map[string]*peers.Server{}
	return peers.Build(ctx, shared.binary)
}

func killServers() {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	for _, server := range shared.servers {
		server.Kill()
	}
	if shared.moto != nil {
		shared.moto.Kill()
	}
}

// ownServer is a real server of a virtual environment for one test, which looks at all that
// the server keeps, or takes long, and runs beside others.
func ownServer(t *testing.T, venv string) *peers.Server {
	t.Helper()
	server, err := peers.StartPrefect(t.Context(), venv, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill)
	return server
}

// prefectServer is the real server of a virtual environment, for tests that run one after
// another.
func prefectServer(t *testing.T, venv string) *peers.Server {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if server := shared.servers[venv]; server != nil {
		return server
	}
	server, err := peers.StartPrefect(shared.ctx, venv, shared.dir)
	if err != nil {
		t.Fatal(err)
	}
	shared.servers[venv] = server
	return server
}

func motoServer(t *testing.T) *peers.Moto {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.moto == nil {
		moto, err := peers.StartMoto(shared.ctx, shared.dir)
		if err != nil {
			t.Fatal(err)
		}
		shared.moto = moto
	}
	return shared.moto
}
