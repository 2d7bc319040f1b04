//go:build e2e

// Package e2e tests the ecsctl binary against real peers: Prefect 3 and 2 servers
// and their own workers, and moto in the place of AWS. e2e/venvs.sh installs them.
package e2e

import (
	"testing"

	"ecsctl/e2e/peers"
)

// all are the peers that the tests of this package share.
var all peers.All

func TestMain(m *testing.M) { peers.Main(m, all.Start, all.Kill) }
