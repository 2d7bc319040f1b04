package deploy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/internal/buildinfo"
	"ecsctl/internal/hint"
	"ecsctl/internal/shellword"
	"ecsctl/internal/userpython"
	"ecsctl/prefect"
	"ecsctl/provision"
)

// deployer is a deploy under way.
type deployer struct {
	streams console.Streams
	opts    deployOptions
	options provision.Options
	api     *prefect.Client
	pool    *prefect.WorkPool
	python  userpython.Python
	server  string // its version; "" for Prefect Cloud
	result  deployResult
}

// deployResult is what --output json prints.
type deployResult struct {
	Deployments []madeDeployment `json:"deployments"`
	FlowRun     *deployedRun     `json:"flowRun,omitempty"` // that of --run
}

// Reports are what the commands of this package print with --output json.
func Reports() map[string][]reflect.Type {
	return map[string][]reflect.Type{
		"deploy":      {reflect.TypeFor[deployResult]()},
		"image build": {reflect.TypeFor[builtImage](), reflect.TypeFor[imageFiles]()},
	}
}

type madeDeployment struct {
	Name string `json:"name"` // FLOW/NAME
	ID   string `json:"id"`
	URL  string `json:"url"`
}

type deployedRun struct {
	Name  string `json:"name"`
	ID    string `json:"id"`
	URL   string `json:"url"`
	State string `json:"state"` // the last that was seen
}

func runDeploy(ctx context.Context, streams console.Streams, opts deployOptions) error {
	d := &deployer{streams: streams, opts: opts}
	err := d.deploy(ctx)
	if opts.Output == inputs.OutputJSON {
		d.result.Deployments = console.OrEmpty(d.result.Deployments)
		if printErr := console.PrintJSON(ctx, streams.Out, d.result, err); printErr != nil {
			return printErr
		}
	}
	return err
}

func (d *deployer) deploy(ctx context.Context) error {
	if err := d.checkTarget(); err != nil {
		return err
	}
	if err := d.connect(ctx); err != nil {
		return err
	}
	plan, err := d.plan(ctx)
	if err != nil {
		return err
	}
	names, err := d.register(ctx, plan)
	if err != nil {
		return err
	}
	made, err := d.tell(ctx, names)
	if err != nil || !d.opts.Run {
		return err
	}
	return d.Run(ctx, made)
}

// checkTarget looks for the file before anything else is asked.
func (d *deployer) checkTarget() error {
	if !d.opts.isEntrypoint() {
		if _, err := os.Stat(prefectFile); err != nil {
			return hint.Add(fmt.Errorf("there is no %s here that could have a deployment %q", prefectFile,
				d.opts.Target),
				"name a flow, such as flow.py:my_flow; or make a "+prefectFile+" with `ecsctl init`")
		}
		return nil
	}
	file, name, _ := cutLast(d.opts.Target, ":")
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("there is no file %q", file)
	case err != nil:
		return fmt.Errorf("failed to read the flow: %w", err)
	case info.IsDir() || filepath.Ext(file) != ".py":
		return console.Usagef("%q is not a Python file: name a flow as FILE:FUNCTION, such as flow.py:my_flow", file)
	case name == "":
		return console.Usagef("%q names no flow in the file: give FILE:FUNCTION, such as flow.py:my_flow",
			d.opts.Target)
	case filepath.IsAbs(file) || strings.HasPrefix(filepath.ToSlash(filepath.Clean(file)), "../"):
		return console.Usagef("%q is outside of this folder, which becomes the image: change into the flow's folder",
			file)
	}
	return nil
}

func cutLast(text, sep string) (before, after string, found bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}

// connect finds the server, the pool and the user's Prefect.
func (d *deployer) connect(ctx context.Context) (err error) {
	d.options = provision.Options{Version: buildinfo.Version(), Logger: inputs.NewLogger(d.streams.Err, d.opts.Verbose),
		PollInterval: inputs.PollInterval}
	if err = inputs.UseCABundle(ctx, d.opts.Spec.Profile); err != nil {
		return err
	}
	if d.api, err = inputs.ConnectPrefect(ctx, d.opts.Spec.Prefect, d.streams, &d.options); err != nil {
		return err
	}
	d.pool, err = d.api.ReadWorkPool(ctx, d.opts.Spec.Pool)
	if errors.Is(err, prefect.ErrNotFound) {
		return provision.NoSuchPool(ctx, d.api, d.opts.Spec.Pool)
	}
	if err != nil {
		return err
	}
	if d.pool.Type != "ecs" {
		return hint.Add(fmt.Errorf("work pool %q has type %q, not ecs", d.pool.Name, d.pool.Type),
			"name a pool that ecsctl bootstrap has made")
	}
	if !d.api.IsCloud() {
		if d.server, err = d.api.ServerVersion(ctx); err != nil {
			return err
		}
	}
	if d.python, err = userpython.Find(ctx, d.opts.Image.Dir, d.opts.Image.Venv); err != nil {
		return err
	}
	return d.checkVersions()
}

// checkVersions refuses a client of another major version than the server's, and one that is
// too new for it.
func (d *deployer) checkVersions() error {
	if d.server == "" {
		return nil
	}
	mine, theirs := strings.Split(d.python.Prefect, "."), strings.Split(d.server, ".")
	if mine[0] != theirs[0] {
		return hint.Add(fmt.Errorf("your Prefect is %s (%s) and the server's %s: these versions do not work together",
			d.python.Prefect, d.python.Path, d.server),
			fmt.Sprintf("install the server's: pip install 'prefect==%s'", d.server))
	}
	if d.python.Prefect != d.server {
		console.Printf(d.streams.Err,
			"warning: your Prefect is %s and the server's %s: a client newer than its server may not work\n",
			d.python.Prefect, d.server)
	}
	return nil
}

// tell says what was made and what to type next.
func (d *deployer) tell(ctx context.Context, names []string) (*prefect.Deployment, error) {
	var last *prefect.Deployment
	for _, full := range names {
		flow, name, _ := strings.Cut(full, "/")
		deployment, err := d.api.ReadDeploymentByName(ctx, flow, name)
		if err != nil {
			return nil, err
		}
		last = deployment
		page := prefect.PageURL(d.api.APIURL(), prefect.PageDeployment, deployment.ID)
		console.Printf(d.streams.Err, "deployment %s: %s\n", full, page)
		if d.opts.Output == inputs.OutputText {
			console.Printf(d.streams.Out, "%s\n", full)
		}
		d.result.Deployments = append(d.result.Deployments, madeDeployment{full, deployment.ID, page})
		if !d.opts.Run {
			console.Printf(d.streams.Err, "next: prefect deployment run %s\n", shellword.Quote(full))
		}
	}
	return last, nil
}
