package flowimage

import (
	"context"
	_ "embed" // the program that imports
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"ecsctl/internal/hint"
)

//go:embed check.py
var checkProgram []byte

// finding is what importing a flow came to.
type finding struct {
	Entrypoint string   `json:"entrypoint"`
	Kind       string   `json:"kind"`
	Name       string   `json:"name"`
	File       string   `json:"file"`
	Line       int      `json:"line"`
	Message    string   `json:"message"`
	Flows      []string `json:"flows"`
}

// findingMark begins the line of the program's findings: a flow may print on import.
const findingMark = "@@ecsctl@@"

// checkFlows imports the flows from the code that goes into the image, with the dependencies that do and no others.
func (b *builder) checkFlows(ctx context.Context, files []File, made *packages) ([]string, error) {
	if len(b.opts.Flows) == 0 {
		return nil, nil
	}
	for _, flow := range b.opts.Flows {
		file, name, ok := cutEntrypoint(flow)
		if !ok || name == "" {
			return nil, hint.Add(fmt.Errorf("%q names no flow", flow), "give FILE:FUNCTION, such as flow.py:my_flow")
		}
		if !slices.ContainsFunc(files, func(f File) bool { return f.Path == file }) {
			return nil, b.noFile(file)
		}
	}
	python := findPython(ctx, b.uv, b.opts.LocalPython, b.target.python)
	if python.path == "" {
		return []string{fmt.Sprintf("there is no Python %s here to import the flows with: they were not checked",
			b.target.python)}, nil
	}
	dir, err := b.checkPackages(ctx, made)
	if err != nil {
		return nil, err
	}
	findings, err := runCheck(ctx, python.path, dir, files, b.opts.Flows)
	if err != nil {
		return nil, err
	}
	var warnings []string
	for _, f := range findings {
		warning, err := b.judge(f)
		if err != nil {
			return nil, err
		}
		if warning != "" {
			warnings = append(warnings, warning)
		}
	}
	return warnings, nil
}

// cutEntrypoint takes PATH:NAME apart.
func cutEntrypoint(entrypoint string) (file, name string, ok bool) {
	i := strings.LastIndex(entrypoint, ":")
	if i < 0 {
		return entrypoint, "", false
	}
	return strings.TrimPrefix(filepath.ToSlash(entrypoint[:i]), "./"), entrypoint[i+1:], true
}

func (b *builder) noFile(file string) error {
	if b.project.has(file) {
		return hint.Add(fmt.Errorf("%q is kept out of the image", file), fmt.Sprintf("take it in with a line !%s in %s",
			file, IgnoreFile))
	}
	return fmt.Errorf("there is no file %q in %q", file, b.opts.Dir)
}

// checkPackages is a folder with the dependencies for this machine: those of the image where it is for the same
// platform.
func (b *builder) checkPackages(ctx context.Context, made *packages) (string, error) {
	if runtime.GOOS == "linux" && runtime.GOARCH == b.target.architecture {
		return made.dir, nil
	}
	dir := filepath.Join(filepath.Dir(made.dir), "check")
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	b.note("laying out the dependencies for this machine, to import the flows with")
	return dir, b.layOutHere(ctx, made, dir)
}

func (b *builder) layOutHere(ctx context.Context, made *packages, dir string) error {
	half := dir + "-half"
	err := os.RemoveAll(half)
	if err == nil {
		_, err = b.uv.run(ctx, b.project.Dir, []byte(made.lock), "pip", "install", "--quiet", "--no-deps",
			"--compile-bytecode", "--target", half,
			"--python-version", b.target.python, "--requirements", "-")
		err = doing("lay out the dependencies for this machine", err)
	}
	if err == nil {
		err = os.Rename(half, dir)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(half))
	}
	return nil
}

// runCheck runs the program in a folder that has the files of the image and no others.
func runCheck(ctx context.Context, python, packages string, files []File, flows []string) (_ []finding, err error) {
	dir, err := os.MkdirTemp("", "ecsctl-check-")
	if err != nil {
		return nil, fmt.Errorf("failed to make a folder for the check: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	code, program := filepath.Join(dir, "flow"), filepath.Join(dir, "check.py")
	if err := os.WriteFile(program, checkProgram, 0o600); err != nil {
		return nil, fmt.Errorf("failed to write the check: %w", err)
	}
	if err := lend(code, files); err != nil {
		return nil, fmt.Errorf("failed to lay out the code for the check: %w", err)
	}
	cmd := exec.CommandContext(ctx, python, append([]string{"-s", "-S", "-B", program, packages}, flows...)...)
	cmd.Dir, cmd.WaitDelay = code, uvTime
	paths := packages
	if _, err := os.Stat(filepath.Join(code, "src")); err == nil {
		paths = filepath.Join(code, "src") + string(os.PathListSeparator) + paths
	}
	cmd.Env = append(os.Environ(), "PYTHONPATH="+paths, "PYTHONHOME=", "VIRTUAL_ENV=")
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	_, text, ok := strings.Cut(string(out), findingMark)
	if !ok {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, fmt.Errorf("failed to import the flows: %w: %s", err, lastLines(string(exit.Stderr), 5))
		}
		return nil, fmt.Errorf("failed to import the flows: the program has said nothing: %w", err)
	}
	var findings []finding
	if err := json.Unmarshal([]byte(text), &findings); err != nil {
		return nil, fmt.Errorf("failed to read what importing the flows came to: %w", err)
	}
	return findings, nil
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// lend makes a folder of links to the files, or of copies where links need rights.
func lend(dir string, files []File) error {
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		source, err := filepath.Abs(f.source)
		if f.link != "" {
			source = filepath.FromSlash(f.link)
		}
		if err == nil && os.Symlink(source, path) != nil && f.link == "" {
			err = copyFile(source, path)
		}
		if err != nil {
			return err
		}
	}
	return os.MkdirAll(dir, 0o700)
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
