package doctor

import (
	"context"
	"fmt"
	"strings"

	"ecsctl/internal/codeplace"
	"ecsctl/prefect"
)

// checkDeployments is the name of the check of where deployments have their code.
const checkDeployments = "deployments"

// deploymentsRead is as many as the API gives at once; the last changed come first.
const deploymentsRead = 200

// deploymentsNamed is how many of those that are wrong are named.
const deploymentsNamed = 5

// checkCode looks for deployments whose runs will not find their code.
func (d *doctor) checkCode(ctx context.Context) {
	if !d.needsPrefect(checkDeployments) {
		return
	}
	if d.pool == nil {
		d.skip(checkDeployments, "there is no work pool yet")
		return
	}
	found, err := d.Prefect.Deployments(ctx, d.pool.Name, deploymentsRead)
	if err != nil {
		d.failed(checkDeployments, err)
		return
	}
	var wrong []codeplace.Missing
	for i := range found {
		if missing, is := codeOf(d.pool, &found[i]); is {
			wrong = append(wrong, missing)
		}
	}
	if len(wrong) == 0 {
		d.ok(checkDeployments, fmt.Sprintf("%d, none of which takes its code from another machine", len(found)))
		return
	}
	lines := make([]string, 0, deploymentsNamed+1)
	for _, missing := range wrong[:min(len(wrong), deploymentsNamed)] {
		lines = append(lines, missing.String())
	}
	if more := len(wrong) - deploymentsNamed; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	d.warn(checkDeployments, strings.Join(lines, "\n"), wrong[0].Fix())
}

// codeOf judges a deployment by its own image, else by the pool's.
func codeOf(pool *prefect.WorkPool, deployment *prefect.Deployment) (codeplace.Missing, bool) {
	return codeplace.Find(codeplace.Read(deployment.Raw()), codeplace.Image(pool.BaseJobTemplate, deployment.JobVariables))
}
