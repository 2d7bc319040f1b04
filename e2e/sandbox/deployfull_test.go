//go:build e2e && full

package sandbox

import (
	"testing"

	"ecsctl/e2e/peers"
)

// TestDeployInFull tries with each version of Prefect what TestDeploy tries with one.
func TestDeployInFull(t *testing.T) {
	for _, venv := range []string{peers.Prefect39, peers.Prefect3, peers.Prefect2} {
		t.Run(venv, func(t *testing.T) {
			w := newDeployWorld(t, venv)
			w.deployInFull()
			w.teardown()
		})
	}
}
