package doctor

import (
	"context"
	"fmt"
	"strings"

	"ecsctl/internal/codeplace"
	"ecsctl/prefect"
)

// checkCodePlace is the name of the check of where deployments have their code.
const checkCodePlace = "code"

// deploymentsNamed is how many of those that are wrong are named.
const deploymentsNamed = 5

// checkCode looks for deployments whose runs will not find their code.
func (d *doctor) checkCode(ctx context.Context) {
	if !d.needsPrefect(checkCodePlace) {
		return
	}
	if d.pool == nil {
		d.skip(checkCodePlace, "there is no work pool yet")
		return
	}
	found, err := d.Prefect.Deployments(ctx, d.pool.Name)
	if err != nil {
		d.failed(checkCodePlace, err)
		return
	}
	var wrong []codeplace.Missing
	for i := range found {
		if missing, is := codeOf(d.pool, &found[i]); is {
			wrong = append(wrong, missing)
		}
	}
	if len(wrong) == 0 {
		d.ok(checkCodePlace, fmt.Sprintf("no deployment of %d takes its code from another machine", len(found)))
		return
	}
	lines := make([]string, 0, deploymentsNamed+1)
	for _, missing := range wrong[:min(len(wrong), deploymentsNamed)] {
		lines = append(lines, missing.String())
	}
	if more := len(wrong) - deploymentsNamed; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	d.warn(checkCodePlace, strings.Join(lines, "\n"), wrong[0].Fix())
}

// codeOf judges a deployment by its own image, else by the pool's.
func codeOf(pool *prefect.WorkPool, deployment *prefect.Deployment) (codeplace.Missing, bool) {
	return codeplace.Find(codeplace.Read(deployment.Raw()),
		codeplace.Image(pool.BaseJobTemplate, deployment.JobVariables))
}
