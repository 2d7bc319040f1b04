package prefect

import (
	"net/url"
	"strings"
)

// Pages of Prefect's interface, as its router names them (prefect/utilities/urls.py).
const (
	PageWorkPool   = "work-pools/work-pool"
	PageFlowRun    = "runs/flow-run"
	PageDeployment = "deployments/deployment"
)

// FlowRunPage is PageFlowRun for a server of that version; "" is Prefect Cloud.
func FlowRunPage(version string) string {
	if strings.HasPrefix(version, "2.") {
		return "flow-runs/flow-run"
	}
	return PageFlowRun
}

// PageURL is the address of a page of Prefect's interface: a kind of page, and the id or name of what
// it shows.
func PageURL(apiURL, page, id string) string {
	base := strings.TrimSuffix(strings.TrimRight(apiURL, "/"), "/api")
	if _, workspace, ok := strings.Cut(base, "api.prefect.cloud/api/accounts/"); ok {
		base = "https://app.prefect.cloud/account/" + strings.Replace(workspace, "/workspaces/", "/workspace/", 1)
	}
	return base + "/" + page + "/" + url.PathEscape(id)
}
