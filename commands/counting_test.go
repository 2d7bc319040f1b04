package commands_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"ecsctl/internal/testkit/stage"
	"ecsctl/prefect"
	"ecsctl/sandbox"
)

// counting is an account in which policies count, with a worker of ours, and flow runs that add a line to a file.
type counting struct {
	*account
	api      *prefect.Client // of the server itself, whatever ecsctl is told
	executed string
}

func newCounting(t *testing.T) *counting {
	t.Helper()
	images, err := stage.WorkerImages()
	if err != nil {
		t.Fatal(err)
	}
	counted := t.TempDir()
	c := &counting{
		account:  openRealAccount(t, sandbox.Options{Images: images, Volumes: []string{counted}}),
		executed: filepath.Join(counted, "executed"),
	}
	c.api, err = prefect.New(prefect.Options{APIURL: c.Server.PrefectAPIURL()})
	c.must(err)
	return c
}

// deployment makes one in the pool, with a flow of its own.
func (c *counting) deployment(pool string) string {
	c.t.Helper()
	ctx := c.t.Context()
	flow, err := c.api.CreateFlow(ctx, "flow")
	c.must(err)
	variables, err := json.Marshal(map[string]any{"env": map[string]string{stage.ExecutedFile: c.executed}})
	c.must(err)
	made, err := c.api.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: pool, FlowID: flow.ID, WorkPoolName: pool, JobVariables: variables,
	})
	c.must(err)
	return made.ID
}
