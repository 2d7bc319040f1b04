package prefect

import (
	"cmp"
	"context"
	"fmt"
	"strings"
)

// Workspace is a workspace of Prefect Cloud that an API key can enter
// (prefect/client/schemas/objects.py, Workspace).
type Workspace struct {
	AccountID       string `json:"account_id"`
	AccountName     string `json:"account_name"`
	AccountHandle   string `json:"account_handle"`
	WorkspaceID     string `json:"workspace_id"`
	WorkspaceName   string `json:"workspace_name"`
	WorkspaceHandle string `json:"workspace_handle"`
}

// Handle names the workspace as Prefect's own tools do: account/workspace.
func (w Workspace) Handle() string { return w.AccountHandle + "/" + w.WorkspaceHandle }

// APIURL is the workspace's API, below that of Cloud.
func (w Workspace) APIURL(cloud string) string {
	return strings.TrimRight(cloud, "/") + "/accounts/" + w.AccountID + "/workspaces/" + w.WorkspaceID
}

// Workspaces lists what the client's API key can enter. The client's API URL must be
// that of Prefect Cloud itself, without a workspace.
func (c *Client) Workspaces(ctx context.Context) ([]Workspace, error) {
	var out []Workspace
	if err := c.do(ctx, get("me", "workspaces"), &out); err != nil {
		return nil, fmt.Errorf("failed to list the workspaces of Prefect Cloud: %w", err)
	}
	return out, nil
}

// CloudAPIURL is where Prefect Cloud's API begins for these settings.
func (s Settings) CloudAPIURL() string {
	return strings.TrimRight(cmp.Or(s.Extra["PREFECT_CLOUD_API_URL"].Reveal(), cloudAPIURL), "/")
}

// NeedsWorkspace reports whether there is a key for Prefect Cloud and nothing that says
// which workspace is meant.
func (s Settings) NeedsWorkspace() bool {
	return s.APIKey != "" && (s.APIURL == "" || s.APIURL == s.CloudAPIURL())
}
