// Package pages finds where a person looks at a pool or a flow run: in Prefect's interface and in the AWS console.
package pages

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"ecsctl/internal/awsconsole"
	"ecsctl/internal/hint"
	"ecsctl/internal/uuid"
	"ecsctl/operate/status"
	"ecsctl/prefect"
	"ecsctl/provision"
)

// Pages are the addresses of what was looked for.
type Pages struct {
	Kind    string `json:"kind"` // "work-pool" or "flow-run"
	Name    string `json:"name"`
	Prefect string `json:"prefect"`
	// AWS is the page of the pool's service or of the run's task; "" where there is none.
	AWS string `json:"aws"`
}

// Find looks for a pool of that name, then for the newest flow run of that name or id. Only Prefect is asked.
func Find(ctx context.Context, api *prefect.Client, name string) (*Pages, error) {
	if !uuid.Is(name) {
		_, err := api.ReadWorkPool(ctx, name)
		if err == nil {
			return &Pages{Kind: "work-pool", Name: name,
				Prefect: prefect.PageURL(api.APIURL(), prefect.PageWorkPool, name)}, nil
		}
		if !errors.Is(err, prefect.ErrNotFound) {
			return nil, err
		}
	}
	run, err := findRun(ctx, api, name)
	if err != nil {
		return nil, err
	}
	page, err := runPage(ctx, api)
	if err != nil {
		return nil, err
	}
	_, task, _ := strings.Cut(run.InfrastructurePID, "::")
	address, _ := awsconsole.URL(task)
	return &Pages{Kind: "flow-run", Name: run.Name, Prefect: prefect.PageURL(api.APIURL(), page, run.ID),
		AWS: address}, nil
}

func findRun(ctx context.Context, api *prefect.Client, name string) (*prefect.FlowRun, error) {
	if uuid.Is(name) {
		return api.ReadFlowRun(ctx, name)
	}
	runs, err := api.FilterFlowRuns(ctx, prefect.FlowRunFilter{Names: []string{name},
		Sort: "EXPECTED_START_TIME_DESC"})
	if err != nil {
		return nil, err
	}
	if len(runs) > 0 {
		return &runs[0], nil
	}
	unknown := hint.Add(fmt.Errorf("there is no work pool and no flow run %q on this server", name),
		"list them with `prefect work-pool ls` and `prefect flow-run ls`")
	if near := provision.NearestPool(ctx, api, name); near != "" {
		unknown = hint.Add(unknown, fmt.Sprintf("did you mean %q?", near))
	}
	return nil, unknown
}

// runPage is the page of flow runs, which has another address in Prefect 2.
func runPage(ctx context.Context, api *prefect.Client) (string, error) {
	if api.IsCloud() {
		return prefect.PageFlowRun, nil
	}
	version, err := api.ServerVersion(ctx)
	return prefect.FlowRunPage(version), err
}

// FindAWS fills in the page of a pool's service.
func (p *Pages) FindAWS(ctx context.Context, opts provision.Options) error {
	if p.Kind != "work-pool" {
		return nil
	}
	opts.Policy, opts.Spec.Pool = provision.PolicyLogs, p.Name
	id, err := provision.WhoAmI(ctx, opts.Clients)
	if err != nil {
		return err
	}
	recalled, err := provision.RecallNames(ctx, opts)
	if err != nil {
		return err
	}
	recalled = recalled.WithDefaults()
	service := arn.ARN{Partition: id.Partition, Service: "ecs", Region: id.Region, AccountID: id.Account,
		Resource: "service/" + status.ShortName(recalled.Cluster) + "/" + recalled.Names.Service}
	p.AWS, _ = awsconsole.URL(service.String())
	return nil
}
