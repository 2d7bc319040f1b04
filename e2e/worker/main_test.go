//go:build e2e

package worker

import (
	"testing"

	"ecsctl/e2e/peers"
)

// all are the peers that the tests of this package share.
var all peers.All

func TestMain(m *testing.M) { peers.Main(m, all.Start, all.Kill) }
