package deploy

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/image/flowimage"
	"ecsctl/provision"
)

// prefectFile is what prefect deploy reads.
const prefectFile = "prefect.yaml"

// deployPlan is how Prefect is asked: a prefect.yaml of our own, or the project's.
type deployPlan struct {
	dir  string   // where prefect deploy runs
	file []byte   // nil takes the project's prefect.yaml
	args []string // of prefect deploy
}

// The pull steps of Prefect that are used.
const (
	stepEnter   = "prefect.deployments.steps.set_working_directory"
	stepClone   = "prefect.deployments.steps.git_clone"
	stepShell   = "prefect.deployments.steps.run_shell_script"
	stepInstall = "prefect.deployments.steps.pip_install_requirements"
)

// plan settles where the code comes from, and makes the image when it comes from one.
func (d *deployer) plan(ctx context.Context) (deployPlan, error) {
	if !d.opts.isEntrypoint() {
		return d.planFile(ctx)
	}
	switch d.opts.From {
	case fromGit:
		return d.planGit(ctx)
	case fromInline:
		return d.planInline()
	}
	reference, err := d.makeImage(ctx, []string{d.opts.Target}, []target{{d.opts.Name, d.variables("")}})
	if err != nil {
		return deployPlan{}, err
	}
	return d.planFlow(".", filepath.ToSlash(filepath.Clean(d.opts.Target)), reference, enterCode())
}

// enterCode is the pull step of a flow that is in its image.
func enterCode() []any { return []any{pullStep(stepEnter, "directory", flowimage.CodeDir)} }

// pullStep is a pull step with its inputs, as name and value in turn.
func pullStep(name string, inputs ...string) yaml.MapSlice {
	var in yaml.MapSlice
	for i := 0; i+1 < len(inputs); i += 2 {
		in = append(in, yaml.MapItem{Key: inputs[i], Value: inputs[i+1]})
	}
	return yaml.MapSlice{{Key: name, Value: in}}
}

// planFlow writes a prefect.yaml for one flow: without one, Prefect would store this machine's folder as the place of
// the code.
func (d *deployer) planFlow(dir, entrypoint, image string, pull []any) (deployPlan, error) {
	variables := d.variables(image)
	content := yaml.MapSlice{
		{Key: "pull", Value: pull},
		{Key: "deployments", Value: []any{yaml.MapSlice{
			{Key: "name", Value: d.opts.Name},
			{Key: "entrypoint", Value: entrypoint},
			{Key: "work_pool", Value: yaml.MapSlice{{Key: "name", Value: d.opts.Spec.Pool}, {Key: "job_variables",
				Value: variables}}},
		}}},
	}
	raw, err := yaml.Marshal(content)
	if err != nil {
		return deployPlan{}, fmt.Errorf("failed to write the deployment: %w", err)
	}
	return deployPlan{dir: dir, file: raw, args: append([]string{"--name", d.opts.Name}, d.opts.Through...)}, nil
}

// makeImage builds the folder's image and pushes it; flows are imported before that.
func (d *deployer) makeImage(ctx context.Context, flows []string, targets []target) (reference string, err error) {
	m := &imageMaker{streams: d.streams, opts: d.opts.Image, python: d.python, prefect: d.server, options: d.options}
	if m.prefect == "" {
		m.prefect = d.python.Prefect
	}
	if d.opts.Image.Repository == "" {
		if err := inputs.ConnectAWS(ctx, d.opts.Spec, &m.options, d.api); err != nil {
			return "", err
		}
		if m.options.Spec, err = provision.RecallNames(ctx, m.options); err != nil {
			return "", err
		}
	}
	if m.opts.Architecture, err = d.architecture(ctx, m.options.Clients, targets); err != nil {
		return "", err
	}
	made, pushed, err := m.make(ctx, flows)
	if err != nil {
		return "", err
	}
	d.compareVersions(made.Prefect)
	return pushed.Reference, nil
}

// compareVersions warns of an image whose Prefect does not go with the server.
func (d *deployer) compareVersions(inImage string) {
	if d.server == "" {
		return
	}
	if major(inImage) != major(d.server) {
		console.Printf(d.streams.Err,
			"warning: the image has Prefect %s, which does not go with the server's %s: name prefect==%s in the "+
				"project's dependencies\n",
			inImage, d.server, d.server)
	}
}

func major(version string) string {
	first, _, _ := strings.Cut(version, ".")
	return first
}

// readFile reads a file of the project.
func readFile(dir, name string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, name)) }
