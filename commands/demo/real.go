package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/internal/hint"
	"ecsctl/prefect"
	"ecsctl/provision/spec"
	"ecsctl/templates"
)

// realPrefect is the real server and the real prefect of a demo with --prefect-api-url.
type realPrefect struct {
	api      *prefect.Client
	settings prefect.Settings
	version  string
	programs string // the directory that its prefect is in
}

// demoRemoval removes by hand what the demo makes on a server.
const demoRemoval = "prefect deployment delete " + demoFlow + "/" + demoDeployment +
	"; prefect work-pool delete " + demoPool

// findRealPrefect looks for all that such a demo needs, and for what it must not touch.
func findRealPrefect(ctx context.Context, opts demoOptions, streams console.Streams) (*realPrefect, error) {
	r := &realPrefect{}
	var err error
	if r.programs, err = prefectPrograms(opts.Venv); err != nil {
		return nil, err
	}
	if r.programs == "" {
		return nil, hint.Add(errors.New("there is no prefect on PATH to deploy and run the guide's flow with"),
			"install it (python -m venv .venv && .venv/bin/pip install prefect) and add --venv .venv, or leave "+
				"--prefect-api-url out: then the demo needs neither")
	}
	if r.settings, err = inputs.DiscoverPrefect(ctx, spec.Prefect{APIURL: opts.PrefectAPIURL}, streams); err != nil {
		return nil, err
	}
	client, err := r.settings.ClientOptions()
	if err != nil {
		return nil, err
	}
	if r.api, err = prefect.New(client); err != nil {
		return nil, err
	}
	if r.version, err = r.api.ServerVersion(ctx); err != nil {
		return nil, hint.Add(err,
			"start a server with `prefect server start`, or leave --prefect-api-url out: then the demo plays one")
	}
	return r, r.checkFree(ctx)
}

// checkFree returns an error if the server has the demo's pool or deployment: the demo would
// change and delete them.
func (r *realPrefect) checkFree(ctx context.Context) error {
	_, pool := r.api.ReadWorkPool(ctx, demoPool)
	_, deployment := r.api.ReadDeploymentByName(ctx, demoFlow, demoDeployment)
	for _, thing := range []struct {
		what, name string
		err        error
	}{{"work pool", demoPool, pool}, {"deployment", demoFlow + "/" + demoDeployment, deployment}} {
		switch {
		case thing.err == nil:
			return hint.Add(fmt.Errorf("the server has a %s %q already, and the demo would change and delete it",
				thing.what, thing.name),
				"if it is left from an earlier demo, remove it: "+demoRemoval)
		case !errors.Is(thing.err, prefect.ErrNotFound):
			return thing.err
		}
	}
	return nil
}

// environ is what its commands need beside the place of the server: credentials, prefect
// first on PATH, and output that reads well behind a bar.
func (r *realPrefect) environ() []string {
	env := []string{
		"PATH=" + r.programs + string(os.PathListSeparator) + os.Getenv("PATH"), "COLUMNS=100", "NO_COLOR=1",
		"TERM=dumb",
		"DO_NOT_TRACK=1", "PREFECT_SERVER_ANALYTICS_ENABLED=false", "PREFECT_LOGGING_LEVEL=WARNING",
	}
	for name, value := range map[string]prefect.Secret{
		"PREFECT_API_KEY": r.settings.APIKey, "PREFECT_API_AUTH_STRING": r.settings.AuthString,
	} {
		if value != "" {
			env = append(env, name+"="+value.Reveal())
		}
	}
	return env
}

// program runs a command of the guide as it stands there.
func (d *demo) program(args ...string) error {
	d.typed(args...)
	code, err := d.Run(args)
	if err == nil && code != 0 {
		err = fmt.Errorf("failed to run `%s %s`: exit code %d", args[0], args[1], code)
	}
	return err
}

// realRun deploys the guide's flow and runs it.
func (d *demo) realRun() error {
	if err := os.WriteFile(filepath.Join(d.dir, "my_flow.py"), templates.MyFlow, 0o600); err != nil {
		return fmt.Errorf("failed to write the guide's flow: %w", err)
	}
	if err := d.program("prefect", "--no-prompt", "deploy", "my_flow.py:my_flow", "--name", demoDeployment, "--pool",
		demoPool); err != nil {
		return err
	}
	if err := d.program("prefect", "deployment", "run", demoFlow+"/"+demoDeployment); err != nil {
		return err
	}
	deployment, err := d.api.ReadDeploymentByName(d.ctx, demoFlow, demoDeployment)
	if err != nil {
		return err
	}
	runs, err := d.api.FilterFlowRuns(d.ctx, prefect.FlowRunFilter{DeploymentIDs: []string{deployment.ID}})
	if err != nil {
		return err
	}
	if len(runs) != 1 {
		return fmt.Errorf("the demo's deployment has %d flow runs, not the one that was made", len(runs))
	}
	return d.follow(runs[0].ID)
}
