package doctor

import (
	"context"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"

	"ecsctl/operate"
	"ecsctl/operate/deployments"
	"ecsctl/provision"
	"ecsctl/worker"
)

// checkDeployments resolves all deployments of the pool as its worker would. It has no limit of
// its own: there may be hundreds.
func (d *doctor) checkDeployments(ctx context.Context) {
	if !d.needsAWS(deployments.Check) || !d.needsPrefect(deployments.Check) {
		return
	}
	options := d.Options
	options.Spec, options.Policy = d.spec, provision.PolicyDoctor
	jobs, err := provision.NewJobs(ctx, options)
	if err != nil {
		d.failedOrDenied(deployments.Check, err)
		return
	}
	checks, err := deployments.Examine(ctx, deployments.Options{
		Preview: worker.PreviewRequest{Prefect: d.Prefect, Settings: d.Settings, Logger: d.Logger}, Pool: d.spec.Pool,
		Clients: d.Clients, Jobs: jobs, Image: d.missingImage,
	})
	if err != nil {
		d.failed(deployments.Check, err)
		return
	}
	d.checks = append(d.checks, checks...)
}

// missingImage looks for an image in ECR; other registries are not asked, once for each deployment.
func (d *doctor) missingImage(ctx context.Context, check, image string) []operate.Check {
	ref, err := name.ParseReference(image)
	if err != nil {
		return nil // the job's own checks have told
	}
	if _, _, inECR := d.ecrPlace(ref); !inECR {
		return nil
	}
	before := len(d.checks)
	d.checkImage(ctx, check, image)
	found := slices.Clone(d.checks[before:])
	d.checks = d.checks[:before]
	return slices.DeleteFunc(found, func(c operate.Check) bool { return c.Status == operate.CheckOK })
}
