package deploy

import (
	"context"
	"fmt"
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/goccy/go-yaml"

	"ecsctl/commands/console"
	"ecsctl/image/flowimage"
	"ecsctl/internal/hint"
	"ecsctl/prefect"
	"ecsctl/provision"
)

// architectures are OCI's words for AWS's; AWS takes X86_64 where nothing is said.
var architectures = map[types.CPUArchitecture]string{
	"": flowimage.AMD64, types.CPUArchitectureX8664: flowimage.AMD64, types.CPUArchitectureArm64: flowimage.ARM64,
}

// target is a deployment that an image is made for, with its own job variables.
type target struct {
	name      string
	variables map[string]any
}

// architecture is that of the tasks that the deployments are run in: the image is for it, unless --platform says
// otherwise. clients is nil where AWS is not asked.
func (d *deployer) architecture(ctx context.Context, clients *provision.Clients, targets []target) (string, error) {
	chosen, by := d.opts.Image.Architecture, ""
	for _, t := range targets {
		job, err := provision.ReadFlowJob(ctx, clients, d.api, d.pool, t.variables)
		if err != nil {
			return "", err
		}
		if job.Definition != "" {
			return "", hint.Add(fmt.Errorf("runs of deployment %q would not have its image: their task definition is "+
				"%q, which has an image of its own", t.name, job.Definition),
				"take task_definition_arn out of the job variables of the pool or the deployment",
				"or leave the image as it is: --from git has each run fetch the code")
		}
		its := architectures[job.Architecture]
		switch {
		case d.opts.Image.Architecture != "":
			d.warnOfArchitecture(t.name, its)
		case chosen != "" && chosen != its:
			return "", console.Usagef("deployment %q runs on linux/%s and %q on linux/%s, and one image is for one of "+
				"them: deploy them by name, one after the other", by, chosen, t.name, its)
		default:
			chosen, by = its, t.name
		}
	}
	return chosen, nil
}

// warnOfArchitecture tells of an image that the tasks of a deployment cannot start.
func (d *deployer) warnOfArchitecture(name, its string) {
	if its != "" && its != d.opts.Image.Architecture {
		console.Printf(d.streams.Err, "warning: runs of deployment %q are launched for linux/%s, and the image is for "+
			"linux/%s\n", name, its, d.opts.Image.Architecture)
	}
}

// targetsOf are deployments of a prefect.yaml.
func (d *deployer) targetsOf(deployments []yaml.MapSlice) []target {
	var out []target
	for _, one := range deployments {
		name, _ := valueOf(one, "name").(string)
		place, _ := valueOf(one, "work_pool").(yaml.MapSlice)
		have, _ := valueOf(place, "job_variables").(yaml.MapSlice)
		variables := map[string]any{}
		for _, item := range have {
			if key, ok := item.Key.(string); ok {
				variables[key] = plainYAML(item.Value)
			}
		}
		maps.Copy(variables, d.variables(""))
		out = append(out, target{name, variables})
	}
	return out
}

// plainYAML has maps that JSON can write in the place of ordered ones.
func plainYAML(value any) any {
	switch v := value.(type) {
	case yaml.MapSlice:
		out := map[string]any{}
		for _, item := range v {
			out[fmt.Sprint(item.Key)] = plainYAML(item.Value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = plainYAML(v[i])
		}
		return out
	}
	return value
}

// poolArchitecture is that of a pool whose deployments say nothing: what an image is built for before there are any.
func poolArchitecture(ctx context.Context, clients *provision.Clients, api *prefect.Client, pool string) string {
	found, err := api.ReadWorkPool(ctx, pool)
	if err != nil {
		return ""
	}
	job, err := provision.ReadFlowJob(ctx, clients, api, found, nil)
	if err != nil {
		return ""
	}
	return architectures[job.Architecture]
}
