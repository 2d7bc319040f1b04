package demo

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"ecsctl/commands/console"
	"ecsctl/image/flowimage"
	"ecsctl/internal/hint"
	"ecsctl/internal/userpython"
)

// noFlow is the value of --flow that leaves the step out.
const noFlow = "none"

// The flow of the step, where the user gives none: a dependency with compiled code, and a module beside the flow, are
// what goes wrong first when an image is made by hand.
const (
	exampleTarget = "flow.py:my_flow"
	exampleFlow   = `from prefect import flow, get_run_logger
import xxhash

from words import GREETING


@flow
def my_flow():
    get_run_logger().info(f"{GREETING} {xxhash.xxh32(b'ecs').hexdigest()}")
`
	exampleWords        = "GREETING = 'Hello from a flow of your own!'\n"
	exampleRequirements = "xxhash\n"
)

// ownFlow is the step that deploys a flow of the user's own, by uv and the user's Prefect.
type ownFlow struct {
	target, dir string
	given       bool     // by --flow
	prefect     string   // version of the user's
	env         []string // more of the environment of the deploy
	missing     error    // why the step is left out, when it was not given
}

// findOwnFlow looks for what the step needs. Without --flow what is missing leaves the step out.
func findOwnFlow(ctx context.Context, opts demoOptions, dir string) (*ownFlow, error) {
	if opts.Flow == noFlow {
		return nil, nil
	}
	f := &ownFlow{target: cmp.Or(opts.Flow, exampleTarget), dir: ".", given: opts.Flow != ""}
	here, err := filepath.Abs(".")
	if err != nil {
		return nil, fmt.Errorf("failed to find this folder: %w", err)
	}
	f.dir = here
	f.env = f.environ(opts, here)
	if f.missing = f.find(ctx, here, opts.Venv); f.missing != nil && f.given {
		return nil, f.missing
	}
	if f.missing != nil || f.given {
		return f, ctx.Err()
	}
	f.dir = filepath.Join(dir, "flows")
	return f, f.write()
}

func (f *ownFlow) find(ctx context.Context, here, venv string) error {
	if runtime.GOOS != "linux" {
		return errors.New("the sandbox can run an image with a system of its own only on Linux")
	}
	python, err := userpython.Find(ctx, here, venv)
	if err != nil {
		return err
	}
	f.prefect = python.Prefect
	_, err = flowimage.FindUV(ctx, python.Path)
	return err
}

func (f *ownFlow) write() error {
	if err := os.Mkdir(f.dir, 0o700); err != nil {
		return fmt.Errorf("failed to make a folder for the example flow: %w", err)
	}
	for name, content := range map[string]string{
		"flow.py": exampleFlow, "words.py": exampleWords, "requirements.txt": exampleRequirements,
	} {
		if err := os.WriteFile(filepath.Join(f.dir, name), []byte(content), 0o600); err != nil {
			return fmt.Errorf("failed to write the example flow: %w", err)
		}
	}
	return nil
}

// environ has the user's caches and Docker credentials in it, though the demo has a home of its own: what was
// downloaded once is not downloaded again.
func (f *ownFlow) environ(opts demoOptions, here string) []string {
	var env []string
	keep := func(name, value string) {
		if _, set := os.LookupEnv(name); !set {
			env = append(env, name+"="+value)
		}
	}
	if home, err := os.UserHomeDir(); err == nil {
		keep("UV_CACHE_DIR", filepath.Join(home, ".cache", "uv"))
		keep("DOCKER_CONFIG", filepath.Join(home, ".docker"))
	}
	if cache := os.Getenv("ECSCTL_CACHE_DIR"); cache != "" {
		env = append(env, "ECSCTL_CACHE_DIR="+cache)
	} else if cache, err := os.UserCacheDir(); err == nil {
		env = append(env, "ECSCTL_CACHE_DIR="+filepath.Join(cache, "ecsctl"))
	}
	venv := opts.Venv
	if _, err := os.Stat(filepath.Join(here, ".venv")); err == nil && venv == "" {
		venv = ".venv"
	}
	if venv != "" {
		if full, err := filepath.Abs(venv); err == nil {
			env = append(env, "ECSCTL_VENV="+full)
		}
	}
	if opts.Base != "" {
		env = append(env, "ECSCTL_BASE="+opts.Base)
	}
	return env
}

// runOwnFlow deploys the flow and runs it. An example that fails, as it does without a network, ends nothing.
func (d *demo) runOwnFlow() (ran bool, err error) {
	d.title(4, "a flow of your own",
		"the guide's next steps, without Docker: image, push, deployment and run in one command")
	if d.own.missing != nil {
		d.say("   left out: " + d.own.missing.Error())
		for _, advice := range hint.Of(d.own.missing) {
			d.say("   " + advice)
		}
		return false, nil
	}
	if !d.own.given {
		d.showFile("flow.py", exampleFlow)
		d.showFile("requirements.txt", exampleRequirements)
	}
	args := []string{"deploy", d.own.target, "--pool", demoPool, "--run"}
	if d.real != nil { // the server may have deployments of this flow
		name := "ecsctl-demo-" + strings.ToLower(rand.Text()[:8])
		args = append(args, "--name", name)
		defer func() { err = errors.Join(err, d.removeDeployment(name)) }()
	}
	d.typed(append([]string{"ecsctl"}, args...)...)
	code, err := d.RunIn(d.own.dir, append([]string{d.binary}, args...), d.own.env...)
	switch {
	case err != nil:
		return true, err
	case code == 0:
		return true, nil
	case d.own.given:
		return true, fmt.Errorf("failed to deploy and run %q: exit code %d", d.own.target, code)
	}
	d.say("   This step reads the base image and the wheels from the network: the demo goes on without it.")
	return true, nil
}

// showFile shows a file of the example.
func (d *demo) showFile(name, content string) {
	console.Printf(d.streams.Out, "   %s:\n", name)
	for line := range strings.Lines(content) {
		console.Printf(d.streams.Out, "   │ %s", line)
	}
}

// removeDeployment takes the deployment of that name from a server that goes on.
func (d *demo) removeDeployment(name string) error {
	found, err := d.api.Deployments(d.ctx, demoPool)
	if err != nil {
		return err
	}
	for _, deployment := range found {
		if deployment.Name == name {
			err = errors.Join(err, d.api.DeleteDeployment(d.ctx, deployment.ID))
		}
	}
	return err
}
