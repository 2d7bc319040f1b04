package flowimage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"ecsctl/internal/hint"
)

// UV is the uv program: it resolves dependencies and lays them out for another platform than this one.
type UV struct {
	command []string
}

// ErrNoUV says that uv is nowhere.
var ErrNoUV = hint.Add(errors.New("there is no uv, which resolves the flows' dependencies"),
	"install it (https://docs.astral.sh/uv/): `curl -LsSf https://astral.sh/uv/install.sh | sh`, or `pip install uv`",
	"without dependencies of your own, `ecsctl deploy --inline` needs neither uv nor a registry")

// uvTime is how long uv may take to end after it was asked to.
const uvTime = 5 * time.Second

// FindUV looks for uv on PATH, and then as a module of python, which may be "".
func FindUV(ctx context.Context, python string) (*UV, error) {
	var candidates [][]string
	if path, err := exec.LookPath("uv"); err == nil {
		candidates = append(candidates, []string{path})
	}
	if python != "" {
		beside := filepath.Join(filepath.Dir(python), "uv")
		if path, err := exec.LookPath(beside); err == nil {
			candidates = append(candidates, []string{path})
		}
		candidates = append(candidates, []string{python, "-m", "uv"})
	}
	for _, command := range candidates {
		uv := &UV{command: command}
		_, err := uv.run(ctx, "", nil, "--version")
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil {
			return uv, nil
		}
	}
	return nil, ErrNoUV
}

// uvError is a uv that failed, in its own words.
type uvError struct {
	doing, said string
}

// Error implements error.
func (e *uvError) Error() string { return fmt.Sprintf("failed to %s: uv says: %s", e.doing, e.said) }

// Is knows a full disk in uv's words.
func (e *uvError) Is(target error) bool { return target == syscall.ENOSPC && saysDiskFull(e.said) }

// saysDiskFull knows what Rust and Python say of a full disk.
func saysDiskFull(said string) bool { return strings.Contains(said, "No space left on device") }

// run runs uv in dir and returns what it printed. An error is a *uvError without what it was doing.
func (u *UV) run(ctx context.Context, dir string, in []byte, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, u.command[0], append(u.command[1:len(u.command):len(u.command)], args...)...)
	cmd.Dir, cmd.Stdin, cmd.WaitDelay = dir, bytes.NewReader(in), uvTime
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	// An environment that happens to be active is not the flows'.
	cmd.Env = append(os.Environ(), "UV_NO_PROGRESS=1", "NO_COLOR=1", "VIRTUAL_ENV=")
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	err := cmd.Run()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return out.String(), &uvError{said: tidy(problems.String())}
	}
	if err != nil {
		return "", fmt.Errorf("failed to run uv: %w", err)
	}
	return out.String(), nil
}

// doing names what a uv was to do, and what may help.
func doing(what string, err error) error {
	var failed *uvError
	if !errors.As(err, &failed) {
		return err
	}
	failed.doing = what
	return hint.Add(failed, advice(failed.said)...)
}

// tidy takes uv's marks off what it says.
func tidy(said string) string {
	said = strings.TrimSpace(said)
	for _, mark := range []string{"error: ", "× "} {
		said = strings.TrimPrefix(said, mark)
	}
	return said
}

// advice knows the troubles with packages that have no wheel for the platform.
func advice(said string) []string {
	low := strings.ToLower(said)
	switch {
	case strings.Contains(low, "no usable wheels") || strings.Contains(low, "building from source is disabled"):
		return []string{"only wheels go into the image: choose a version of the package that has one, or build one " +
			"yourself " +
			"(`uv build --wheel`, `pip wheel PACKAGE`) and let uv find it (UV_FIND_LINKS=DIR)"}
	case strings.Contains(low, "no wheels with a matching platform") || strings.Contains(low, "compatible tag") ||
		strings.Contains(low, "not compatible with") || strings.Contains(low, "no wheels with a matching"):
		return []string{"the package has wheels, but none for this platform: try the other one with --platform, " +
			"another --python, " +
			"or another version of the package"}
	case strings.Contains(low, "needs to be updated"):
		return []string{"write the lock anew: uv lock"}
	case strings.Contains(low, "failed to fetch") || strings.Contains(low, "dns error") || strings.Contains(low,
		"connect"):
		return []string{"uv reads the index of UV_INDEX_URL or https://pypi.org, through HTTPS_PROXY where that is set"}
	}
	return nil
}
