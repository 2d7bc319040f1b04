package flowimage

import (
	"context"
	_ "embed" // the program that compiles
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// The places in the image: both are ours alone, so that nothing of the base is hidden.
const (
	packagesDir = "opt/packages"
	// CodeDir is where the code lies, and the image's working directory.
	CodeDir = "/opt/flow"
)

// format changes when the same inputs are to become another image.
const format = "1"

//go:embed compile.py
var compileProgram []byte

// packages is the layer of dependencies, and where they lie unpacked.
type packages struct {
	layer *fileLayer
	dir   string
	// compiled tells that it has bytecode; lock is what it was made from.
	compiled bool
	lock     string
}

// packagesLayer makes the layer, unless the cache has it.
func (b *builder) packagesLayer(ctx context.Context, l lock) (*packages, error) {
	python := findPython(ctx, b.uv, b.opts.LocalPython, b.target.python)
	key := keyOf(format, l.text, b.target.architecture, b.target.python, python.version, b.opts.Compression)
	home := filepath.Join(b.opts.Cache, "packages", key)
	made := &packages{dir: filepath.Join(home, "content"), compiled: python.path != "", lock: l.text}
	if made.layer = readKeptLayer(home); made.layer != nil && !b.opts.Refresh {
		used(home)
		return made, nil
	}
	b.note("laying out the dependencies for linux/%s and Python %s", b.target.architecture, b.target.python)
	if err := b.layOut(ctx, l, home, made.dir, python); err != nil {
		return nil, err
	}
	entries, err := packageEntries(made.dir)
	if err != nil {
		return nil, err
	}
	if made.layer, err = packLayer(home, b.opts.Compression, entries); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(made.layer)
	if err != nil {
		return nil, fmt.Errorf("failed to describe the layer: %w", err)
	}
	return made, keepFile(filepath.Join(home, "layer.json"), raw)
}

// readKeptLayer reads a layer of the cache; nil when it is not whole.
func readKeptLayer(home string) *fileLayer {
	raw, err := os.ReadFile(filepath.Join(home, "layer.json"))
	if err != nil {
		return nil
	}
	var layer fileLayer
	if err := json.Unmarshal(raw, &layer); err != nil {
		return nil
	}
	layer.Path = filepath.Join(home, layer.Hash.Hex)
	if info, err := os.Stat(layer.Path); err != nil || info.Size() != layer.Length {
		return nil
	}
	return &layer
}

// layOut installs into a new folder and puts that in its place when it is whole: a build that was broken off leaves
// nothing that the next one takes for finished.
func (b *builder) layOut(ctx context.Context, l lock, home, dir string, python localPython) error {
	if err := os.MkdirAll(home, 0o700); err != nil {
		return fmt.Errorf("failed to make the folder of the cache: %w", err)
	}
	half, err := os.MkdirTemp(home, "laying-out-*")
	if err != nil {
		return fmt.Errorf("failed to make the folder of the cache: %w", err)
	}
	err = b.install(ctx, l, half)
	if err == nil && python.path != "" {
		err = python.compile(ctx, half)
	}
	if err == nil {
		err = errors.Join(os.RemoveAll(dir), os.Rename(half, dir))
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(half))
	}
	return nil
}

func (b *builder) install(ctx context.Context, l lock, dir string) error {
	args := append([]string{"pip", "install", "--quiet", "--no-deps", "--no-compile-bytecode", "--target", dir,
		"--requirements", "-"}, b.target.args()...)
	_, err := b.uv.run(ctx, b.project.Dir, []byte(l.text), args...)
	return doing("lay out the dependencies", err)
}

// packageEntries are the files of the layer. uv writes some for itself, and scripts that name the Python of this
// machine: neither must make a difference.
func packageEntries(dir string) ([]entry, error) {
	var entries []entry
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		if isUVs(name) {
			return nil
		}
		e := entry{name: packagesDir + "/" + name, source: path}
		if strings.HasPrefix(name, "bin/") || strings.HasSuffix(name, ".dist-info/RECORD") {
			if e.content, err = os.ReadFile(path); err != nil {
				return err
			}
			e.source, e.content = "", normal(name, e.content)
		}
		entries = append(entries, e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("failed to read the dependencies: %w", err)
	}
	return addSiteFiles(entries), nil
}

// isUVs are files of uv's own, and notes of where on this machine a package came from.
func isUVs(name string) bool {
	base := name[strings.LastIndex(name, "/")+1:]
	return name == ".lock" || base == "uv_cache.json" || base == "direct_url.json" || base == "REQUESTED"
}

// normal rewrites what names this machine: the first line of scripts, and what RECORD says of them.
func normal(name string, content []byte) []byte {
	text := string(content)
	if strings.HasPrefix(name, "bin/") {
		first, rest, _ := strings.Cut(text, "\n")
		if strings.HasPrefix(first, "#!") && strings.Contains(strings.ToLower(first), "python") {
			return []byte("#!/usr/bin/env python3\n" + rest)
		}
		return content
	}
	var out strings.Builder
	for line := range strings.Lines(text) {
		file, _, _ := strings.Cut(strings.TrimLeft(line, "./"), ",")
		if !strings.HasPrefix(file, "bin/") && !isUVs(file) {
			out.WriteString(line)
		}
	}
	return []byte(out.String())
}

// siteProgram has Python read the .pth files of the packages, which it does only in its own folders.
const siteProgram = "import os, site\n\nsite.addsitedir(os.path.dirname(__file__))\n"

// addSiteFiles adds that program when a package needs it and brings none of its own.
func addSiteFiles(entries []entry) []entry {
	needed := false
	for _, e := range entries {
		name := strings.TrimPrefix(e.name, packagesDir+"/")
		if name == "sitecustomize.py" {
			return entries
		}
		needed = needed || strings.HasSuffix(name, ".pth") && !strings.Contains(name, "/")
	}
	if !needed {
		return entries
	}
	return append(entries, entry{name: packagesDir + "/sitecustomize.py", content: []byte(siteProgram)})
}

// localPython is a Python on this machine; the zero value is none.
type localPython struct{ path, version string }

// findPython looks for one of the minor version, whose compiler writes what the image's Python reads.
func findPython(ctx context.Context, uv *UV, local, minor string) localPython {
	candidates := []string{local}
	if out, err := uv.run(ctx, "", nil, "python", "find", "--no-project", minor); err == nil {
		candidates = append(candidates, strings.TrimSpace(out))
	}
	candidates = append(candidates, "python"+minor, "python3")
	for _, candidate := range candidates {
		if candidate == "" {
			continue
		}
		version := pythonVersion(ctx, candidate)
		if strings.HasPrefix(version, minor+".") {
			return localPython{candidate, version}
		}
	}
	return localPython{}
}

// pythonVersion is such as 3.12.1; "" when the program is not there or is something else.
func pythonVersion(ctx context.Context, python string) string {
	out, err := exec.CommandContext(ctx, python, "-I", "-S", "-c",
		"import sys; print('%d.%d.%d' % sys.version_info[:3])").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

func (p localPython) compile(ctx context.Context, dir string) error {
	file, err := os.CreateTemp("", "ecsctl-compile-*.py")
	if err != nil {
		return fmt.Errorf("failed to compile the dependencies: %w", err)
	}
	defer os.Remove(file.Name())
	_, err = file.Write(compileProgram)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("failed to compile the dependencies: %w", err)
	}
	cmd := exec.CommandContext(ctx, p.path, "-s", "-S", file.Name(), dir, "/"+packagesDir)
	cmd.Env = append(os.Environ(), "PYTHONHASHSEED=0", "PYTHONPATH=", "PYTHONDONTWRITEBYTECODE=",
		"PYTHONPYCACHEPREFIX=", "PYTHONOPTIMIZE=")
	cmd.WaitDelay = uvTime
	if out, err := cmd.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if saysDiskFull(string(out)) {
			err = syscall.ENOSPC
		}
		return fmt.Errorf("failed to compile the dependencies: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}
