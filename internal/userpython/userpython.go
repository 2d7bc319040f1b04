// Package userpython finds the Python in which the user has Prefect: that of the project, of the active environment,
// or
// of the prefect on PATH.
package userpython

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"ecsctl/internal/hint"
)

// Python is an interpreter with Prefect in it.
type Python struct {
	// Path is the interpreter, Prefect the version of what it has; "" for none.
	Path, Prefect string
}

// ErrNoPrefect says that no Python here has Prefect.
var ErrNoPrefect = hint.Add(errors.New("there is no Prefect here to register the deployment with: neither in .venv, "+
	"nor in an active virtual environment, nor on PATH"),
	"install it beside the flow: `uv add prefect`, or `python -m venv .venv && .venv/bin/pip install prefect`")

// Find looks for Prefect in venv when that is given, else in the .venv of dir, in VIRTUAL_ENV, in the environment
// that uv
// makes for the project in dir, and on PATH. When none has it the error is ErrNoPrefect, and the Python is the first
// one
// that there is, if any.
func Find(ctx context.Context, dir, venv string) (Python, error) {
	var first Python
	for _, path := range candidates(ctx, dir, venv) {
		// It is started in other folders than this one.
		path, err := filepath.Abs(path)
		if err != nil {
			continue
		}
		version, ok := prefectOf(ctx, path)
		if ctx.Err() != nil {
			return first, ctx.Err()
		}
		if !ok {
			continue
		}
		if version != "" {
			return Python{path, version}, nil
		}
		if first.Path == "" {
			first.Path = path
		}
	}
	return first, ErrNoPrefect
}

func candidates(ctx context.Context, dir, venv string) []string {
	if venv != "" {
		return []string{interpreter(venv)}
	}
	out := []string{interpreter(filepath.Join(dir, ".venv"))}
	if active := os.Getenv("VIRTUAL_ENV"); active != "" {
		out = append(out, interpreter(active))
	}
	if path := ofUV(ctx, dir); path != "" {
		out = append(out, path)
	}
	if prefect, err := exec.LookPath("prefect"); err == nil {
		out = append(out, beside(prefect)...)
	}
	for _, name := range []string{"python3", "python"} {
		if path, err := exec.LookPath(name); err == nil {
			out = append(out, path)
		}
	}
	return out
}

func interpreter(venv string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(venv, "Scripts", "python.exe")
	}
	return filepath.Join(venv, "bin", "python")
}

// beside are the interpreters that a script such as prefect belongs to: in its folder, or in that of what it links
// to.
func beside(script string) []string {
	var out []string
	for _, path := range []string{script, resolved(script)} {
		out = append(out, filepath.Join(filepath.Dir(path), "python"+filepath.Ext(path)))
	}
	return out
}

func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// ofUV asks uv for the environment of a project that has a lock.
func ofUV(ctx context.Context, dir string) string {
	if _, err := os.Stat(filepath.Join(dir, "uv.lock")); err != nil {
		return ""
	}
	uv, err := exec.LookPath("uv")
	if err != nil {
		return ""
	}
	cmd := exec.CommandContext(ctx, uv, "run", "--quiet", "--project", dir, "python", "-c",
		"import sys; print(sys.executable)")
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// versionProgram prints the version of Prefect, or an empty line.
const versionProgram = `
from importlib import metadata
try:
    print(metadata.version("prefect"))
except metadata.PackageNotFoundError:
    print()
`

// prefectOf reports whether there is an interpreter, and which Prefect it has.
func prefectOf(ctx context.Context, python string) (version string, ok bool) {
	if _, err := os.Stat(python); err != nil {
		return "", false
	}
	out, err := exec.CommandContext(ctx, python, "-c", versionProgram).Output()
	return strings.TrimSpace(string(out)), err == nil
}
