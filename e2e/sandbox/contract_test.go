//go:build e2e

package sandbox

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ecsctl/e2e/peers"
)

// The contract suites say what AWS and Prefect do, and the sandbox keeps to them in
// `make test`. Here they meet the real servers, and moto.

func TestContractOfAWSOnMoto(t *testing.T) {
	moto := motoServer(t)
	out := suite(t, "./sandbox", "ECSCTL_CONTRACT_ENDPOINT="+moto.URL)
	passed, deviations := strings.Count(out, "contract of "+moto.URL), strings.Count(out, "--- SKIP")
	t.Logf("contract of AWS: %d cases pass on moto, %d are left out because moto deviates from AWS", passed, deviations)
	if passed < 50 {
		t.Errorf("only %d cases ran", passed)
	}
}

// contractCall is the line that begins a call in the recorded answers.
var contractCall = regexp.MustCompile(`(?m)^(GET|POST|PATCH|DELETE) /`)

func TestContractOfPrefect(t *testing.T) {
	for _, venv := range []string{peers.Prefect3, peers.Prefect2} {
		t.Run(venv, func(t *testing.T) {
			server := prefectServer(t, venv)
			suite(t, "./sandbox/prefectapi", "ECSCTL_CONTRACT_PREFECT_API_URL="+server.URL, "-run",
				"TestContractOfRealServer")
			file := filepath.Join(peers.Root(), "sandbox", "prefectapi", "testdata",
				"contract-"+versions[venv][:1]+".txt")
			steps, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			calls := len(contractCall.FindAll(steps, -1))
			t.Logf("contract of Prefect %s: %d calls, answered as recorded", versions[venv], calls)
			if calls < 120 {
				t.Errorf("only %d calls were compared", calls)
			}
		})
	}
}

// The worker channel, with a server that does not let runs be Cancelling for long.
func TestChannelContractOfPrefect(t *testing.T) {
	server, err := peers.StartPrefect(t.Context(), peers.Prefect3, t.TempDir(),
		"PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_CANCELLING_TIMEOUT_SECONDS=2",
		"PREFECT_SERVER_WORKER_CHANNEL_CLEANUP_LEASE_SECONDS=3")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill)
	suite(t, "./sandbox/prefectapi", "ECSCTL_CONTRACT_CHANNEL_API_URL="+server.URL, "-run",
		"TestChannelContractOfRealServer")
}

// suite runs the tests of a package against what env names and returns their output.
func suite(t *testing.T, pkg, env string, args ...string) string {
	t.Helper()
	args = append([]string{"test", "-vet=off", "-count=1", "-v", pkg}, args...)
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Env = peers.Root(), append(os.Environ(), env)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return out.String()
}
