package prefect_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/prefect"
)

// pythonEnv names the interpreter of a virtual environment with Prefect 3 in it. With
// it, Prefect itself is asked what it finds in each of discoverCases.
const pythonEnv = "ECSCTL_PREFECT_PYTHON"

const askPrefect = `
import json
from prefect.settings import get_current_settings
api = get_current_settings().api
print(json.dumps([api.url or "", api.key.get_secret_value() if api.key else "", api.auth_string.get_secret_value() if api.auth_string else ""]))
`

func TestDiscoverLikePrefect(t *testing.T) {
	t.Parallel()
	python := os.Getenv(pythonEnv)
	if python == "" {
		t.Skip(pythonEnv + " is not set")
	}
	for _, tt := range discoverCases {
		if tt.differs {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir, env := workspace(t, tt.files, tt.env)
			ours, err := prefect.Discover(env, dir, prefect.Overrides{})
			if err != nil {
				t.Fatal(err)
			}
			command := exec.CommandContext(t.Context(), python, "-W", "ignore", "-c", askPrefect)
			command.Dir, command.Env, command.Stderr = dir, env, os.Stderr
			out, err := command.Output()
			if err != nil {
				t.Fatal(err)
			}
			var theirs [3]string
			if err := json.Unmarshal(out, &theirs); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			theirs[0] = strings.TrimRight(theirs[0], "/")
			got := [3]string{ours.APIURL, ours.APIKey.Reveal(), ours.AuthString.Reveal()}
			if diff := cmp.Diff(theirs, got); diff != "" {
				t.Errorf("- Prefect, + ecsctl\n%s", diff)
			}
		})
	}
}
