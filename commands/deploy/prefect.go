package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"ecsctl/commands/inputs"
	"ecsctl/internal/hint"
	"ecsctl/prefect"
)

// deployedName is how Prefect 2 and 3 say which deployment they have made.
var deployedName = regexp.MustCompile(`Deployment '([^']+/[^']+)' successfully`)

// register has the user's own Prefect register the deployments and returns their names, FLOW/NAME.
func (d *deployer) register(ctx context.Context, plan deployPlan) ([]string, error) {
	// Prefect 2 cannot be run as a module.
	args := append([]string{"-c", "from prefect.cli import app; app()", "--no-prompt", "deploy"}, plan.args...)
	if plan.file != nil {
		file, err := temporaryFile(plan.file)
		if err != nil {
			return nil, err
		}
		defer os.Remove(file)
		args = append(args, "--prefect-file", file)
	}
	out, err := d.prefect(ctx, plan.dir, args)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range deployedName.FindAllStringSubmatch(out, -1) {
		names = append(names, m[1])
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("prefect deploy did not say which deployment it created: %s", lastOf(out))
	}
	return names, nil
}

// temporaryFile has what only its owner may read: job variables may hold secrets.
func temporaryFile(content []byte) (string, error) {
	file, err := os.CreateTemp("", "ecsctl-prefect-*.yaml")
	if err != nil {
		return "", fmt.Errorf("failed to write the deployment: %w", err)
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("failed to write the deployment: %w", err), os.Remove(file.Name()))
	}
	return file.Name(), nil
}

// prefect runs the user's Prefect, which shows what it does, and returns what it said.
func (d *deployer) prefect(ctx context.Context, dir string, args []string) (string, error) {
	cmd := exec.CommandContext(ctx, d.python.Path, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, d.environ(), 5*time.Second
	var said bytes.Buffer
	var shown io.Writer = &said
	if d.opts.Verbose {
		shown = io.MultiWriter(&said, d.streams.Err)
	}
	cmd.Stdout, cmd.Stderr = shown, shown
	err := cmd.Run()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", hint.Add(fmt.Errorf("failed to register the deployment: prefect deploy ended with %w: %s", err,
			lastOf(said.String())), "--verbose shows all of its output")
	}
	return said.String(), nil
}

// lastOf is the end of what a program said.
func lastOf(said string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	return strings.TrimSpace(strings.Join(lines[max(0, len(lines)-6):], "\n"))
}

// environ is ours with the server that was found: the credentials never become arguments.
func (d *deployer) environ() []string {
	env := append(os.Environ(), "PREFECT_API_URL="+d.options.Server.APIURL, "COLUMNS=400", "NO_COLOR=1", "TERM=dumb",
		"PYTHONUTF8=1",
		"ECSCTL_POOL="+d.opts.Spec.Pool)
	for name, value := range map[string]prefect.Secret{"PREFECT_API_KEY": d.options.Server.APIKey,
		"PREFECT_API_AUTH_STRING": d.options.Server.AuthString} {
		if value != "" {
			env = append(env, name+"="+value.Reveal())
		}
	}
	if self, err := inputs.ThisProgram(); err == nil { // for build steps that call it
		env = append(env, "PATH="+filepath.Dir(self)+string(os.PathListSeparator)+os.Getenv("PATH"))
	}
	return env
}
