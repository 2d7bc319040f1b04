package deploy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"ecsctl/internal/hint"
)

// ownBuildStep is what a build step of prefect.yaml that makes the image itself has in it.
const ownBuildStep = "ecsctl image build"

// projectFile is a prefect.yaml, in the order of its keys.
type projectFile struct {
	content     yaml.MapSlice
	deployments []yaml.MapSlice
	text        string
}

// readProjectFile reads prefect.yaml; nil when there is none.
func readProjectFile(dir string) (*projectFile, error) {
	raw, err := readFile(dir, prefectFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("failed to read the project: %w", err)
	}
	f := &projectFile{text: string(raw)}
	if err := yaml.UnmarshalWithOptions(raw, &f.content, yaml.UseOrderedMap()); err != nil {
		return nil, fmt.Errorf("failed to read %s: %s", prefectFile,
			strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	listed, _ := valueOf(f.content, "deployments").([]any)
	for _, d := range listed {
		if one, ok := d.(yaml.MapSlice); ok {
			f.deployments = append(f.deployments, one)
		}
	}
	return f, nil
}

func valueOf(m yaml.MapSlice, key string) any {
	for _, item := range m {
		if item.Key == key {
			return item.Value
		}
	}
	return nil
}

func with(m yaml.MapSlice, key string, value any) yaml.MapSlice {
	out := slices.Clone(m)
	for i := range out {
		if out[i].Key == key {
			out[i].Value = value
			return out
		}
	}
	return append(out, yaml.MapItem{Key: key, Value: value})
}

// flowsOfProject are the entrypoints in prefect.yaml, each once.
func flowsOfProject(dir string) ([]string, error) {
	f, err := readProjectFile(dir)
	if err != nil || f == nil {
		return nil, err
	}
	return entrypoints(f.deployments), nil
}

func entrypoints(deployments []yaml.MapSlice) []string {
	var out []string
	for _, d := range deployments {
		if e, _ := valueOf(d, "entrypoint").(string); strings.Contains(e, ":") && !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

// planFile is for the deployments of a prefect.yaml. One that builds its image with ecsctl itself is Prefect's to
// carry
// out; any other gets the image and the place of the code.
func (d *deployer) planFile(ctx context.Context) (deployPlan, error) {
	f, err := readProjectFile(d.opts.Image.Dir)
	if err != nil {
		return deployPlan{}, err
	}
	chosen, err := f.choose(d.opts.Target)
	if err != nil {
		return deployPlan{}, err
	}
	plan := deployPlan{dir: d.opts.Image.Dir, args: slices.Clone(d.opts.Through)}
	if d.opts.All {
		plan.args = append(plan.args, "--all")
	} else {
		plan.args = append(plan.args, "--name", d.opts.Target)
	}
	if strings.Contains(f.text, ownBuildStep) {
		for _, v := range d.opts.Variables {
			plan.args = append(plan.args, "--job-variable", v)
		}
		return plan, nil
	}
	image, err := d.makeImage(ctx, entrypoints(chosen), d.targetsOf(chosen))
	if err != nil {
		return deployPlan{}, err
	}
	variables := d.variables(image)
	plan.file, err = yaml.Marshal(f.deploying(d.opts.Spec.Pool, variables))
	if err != nil {
		return deployPlan{}, fmt.Errorf("failed to write the deployments: %w", err)
	}
	return plan, nil
}

// choose finds the deployments that are meant; two of one flow and name would be one.
func (f *projectFile) choose(target string) ([]yaml.MapSlice, error) {
	if f == nil || len(f.deployments) == 0 {
		return nil, fmt.Errorf("%s has no deployments", prefectFile)
	}
	seen := map[string]bool{}
	var names []string
	var chosen []yaml.MapSlice
	for _, d := range f.deployments {
		name, _ := valueOf(d, "name").(string)
		entrypoint, _ := valueOf(d, "entrypoint").(string)
		if key := name + "\x00" + entrypoint; seen[key] {
			return nil, fmt.Errorf("%s has two deployments of the name %q for %s: Prefect would keep one of them",
				prefectFile, name, entrypoint)
		} else {
			seen[key] = true
		}
		names = append(names, name)
		if target == "" || name == target || strings.HasSuffix(target, "/"+name) {
			chosen = append(chosen, d)
		}
	}
	if len(chosen) == 0 {
		return nil, hint.Add(fmt.Errorf("%s has no deployment %q", prefectFile, target), "it has "+strings.Join(names,
			", "))
	}
	return chosen, nil
}

// deploying is the file with the image in each deployment, without build and push steps, and with the place of the
// code
// where the pull steps name none.
func (f *projectFile) deploying(pool string, variables map[string]any) yaml.MapSlice {
	out := with(with(f.content, "build", nil), "push", nil)
	if pull, _ := valueOf(out, "pull").([]any); len(pull) == 0 || onlyEnters(pull) {
		out = with(out, "pull", enterCode())
	}
	var deployments []any
	for _, d := range f.deployments {
		place, _ := valueOf(d, "work_pool").(yaml.MapSlice)
		place = with(place, "name", pool)
		have, _ := valueOf(place, "job_variables").(yaml.MapSlice)
		for key, value := range variables {
			have = with(have, key, value)
		}
		deployments = append(deployments, with(with(d, "work_pool", with(place, "job_variables", have)), "build", nil))
	}
	return with(out, "deployments", deployments)
}

// onlyEnters reports whether pull steps do no more than name a folder, which prefect init takes from this machine.
func onlyEnters(pull []any) bool {
	return !slices.ContainsFunc(pull, func(s any) bool {
		one, ok := s.(yaml.MapSlice)
		return !ok || len(one) != 1 || one[0].Key != stepEnter
	})
}
