package flowimage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// target is what dependencies are resolved for.
type target struct {
	architecture string // of OCI
	python       string // 3.N
}

// The architectures, in OCI's words.
const (
	AMD64 = "amd64"
	ARM64 = "arm64"
)

// uvPlatforms are uv's names. manylinux 2.28 is what Debian 10 and Amazon Linux 2023 are newer than.
var uvPlatforms = map[string]string{AMD64: "x86_64-manylinux_2_28", ARM64: "aarch64-manylinux_2_28"}

func (t target) args() []string {
	return []string{"--python-platform", uvPlatforms[t.architecture], "--python-version", t.python, "--only-binary",
		":all:"}
}

// lock is what was resolved: requirements with exact versions and hashes.
type lock struct {
	text    string
	prefect string // its version of Prefect; "" when there is none, which cannot be
	added   bool   // Prefect was added, because the project names none
}

var prefectPin = regexp.MustCompile(`(?m)^prefect==([^\s;\\]+)`)

// resolve finds the exact versions. A project without a lock is resolved once, as long as its files stay as they are,
// and
// the result is kept: a second build is the same image. refresh resolves anew.
func (b *builder) resolve(ctx context.Context) (lock, error) {
	if b.project.Kind == FromLock {
		return b.export(ctx)
	}
	source, err := b.requirements()
	if err != nil {
		return lock{}, err
	}
	return b.compile(ctx, source)
}

// export reads uv.lock, which must go with pyproject.toml.
func (b *builder) export(ctx context.Context) (lock, error) {
	out, err := b.uv.run(ctx, b.project.Dir, nil, "export", "--quiet", "--locked", "--no-dev", "--no-emit-workspace",
		"--no-header", "--no-annotate", "--format", "requirements-txt")
	if err != nil {
		return lock{}, doing("read uv.lock", err)
	}
	if pin := prefectPin.FindStringSubmatch(out); pin != nil {
		return lock{text: out, prefect: pin[1]}, nil
	}
	made, err := b.compile(ctx, out)
	made.added = true
	return made, err
}

// requirements are what the project asks for, as the text of a requirements file.
func (b *builder) requirements() (string, error) {
	switch b.project.Kind {
	case FromNothing:
		return "", nil
	case FromScript:
		return strings.Join(b.project.script, "\n"), nil
	}
	return readIncluding(filepath.Join(b.project.Dir, filepath.FromSlash(b.project.File)), map[string]bool{})
}

var includes = regexp.MustCompile(`(?m)^\s*(-r|-c|--requirement|--constraint)[\s=]+(\S+)`)

// readIncluding reads a file with those that it includes, because what they say counts as well.
func readIncluding(path string, seen map[string]bool) (string, error) {
	if seen[path] {
		return "", nil
	}
	seen[path] = true
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("failed to read the dependencies: %w", err)
	}
	text := string(raw)
	for _, include := range includes.FindAllStringSubmatch(text, -1) {
		kind, name := include[1], include[2]
		if strings.Contains(name, "://") {
			continue
		}
		more, err := readIncluding(filepath.Join(filepath.Dir(path), filepath.FromSlash(name)), seen)
		if err != nil {
			return "", err
		}
		if strings.HasPrefix(strings.TrimLeft(kind, "-"), "c") { // constraints ask for nothing
			more = "# " + strings.ReplaceAll(more, "\n", "\n# ")
		}
		text += "\n" + more
	}
	return text, nil
}

// namesPrefect finds a requirement of Prefect itself, and not of prefect-aws.
var namesPrefect = regexp.MustCompile(`(?mi)^[\s"']*prefect\s*(?:\[[^\]]*\])?\s*(?:[=<>!~;@"',\s]|$)`)

// compile resolves the project's requirements, with Prefect in the server's version when they name none.
func (b *builder) compile(ctx context.Context, source string) (lock, error) {
	added := !namesPrefect.MatchString(source)
	if added && b.opts.Prefect == "" {
		return lock{}, ErrNoPrefectVersion
	}
	kept := filepath.Join(b.opts.Cache, "locks", b.lockKey(source, added))
	if raw, err := os.ReadFile(kept); err == nil && !b.opts.Refresh {
		used(kept)
		return newLock(string(raw), added)
	}
	args := append([]string{"pip", "compile", "--quiet", "--generate-hashes", "--no-header", "--no-annotate"},
		b.target.args()...)
	in := ""
	if b.project.Kind == FromProject || b.project.Kind == FromRequirements {
		args = append(args, b.project.File) // options in it and paths are uv's to read
	} else {
		in = source + "\n"
	}
	if added {
		in += "prefect==" + b.opts.Prefect + "\n"
	}
	if in != "" {
		args = append(args, "-")
	}
	out, err := b.uv.run(ctx, b.project.Dir, []byte(in), args...)
	if err != nil {
		return lock{}, doing("resolve the dependencies of "+b.project.describe(), err)
	}
	if err := keepFile(kept, []byte(out)); err != nil {
		return lock{}, err
	}
	return newLock(out, added)
}

// ErrNoPrefectVersion says that nothing tells which Prefect goes into the image.
var ErrNoPrefectVersion = errors.New(
	"the project does not name Prefect, and there is no server to take its version from")

func newLock(text string, added bool) (lock, error) {
	pin := prefectPin.FindStringSubmatch(text)
	if pin == nil {
		return lock{}, errors.New("what uv resolved has no Prefect in it: add prefect to the project's dependencies")
	}
	return lock{text: text, prefect: pin[1], added: added}, nil
}

// lockKey names what a resolution depends on, the indexes apart.
func (b *builder) lockKey(source string, added bool) string {
	parts := []string{format, source, b.target.architecture, b.target.python, b.project.Kind, os.Getenv("UV_INDEX_URL"),
		os.Getenv("UV_DEFAULT_INDEX")}
	if added {
		parts = append(parts, b.opts.Prefect)
	}
	return keyOf(parts...)
}

func keyOf(parts ...string) string {
	sum := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// describe names where the dependencies come from.
func (p *Project) describe() string {
	switch p.Kind {
	case FromNothing:
		return "the project (it names none but Prefect)"
	case FromScript:
		return FromScript + " of " + p.File
	}
	return p.File
}

// keepFile writes a file of the cache, whole or not at all.
func keepFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("failed to make the folder of the cache: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), "writing-*")
	if err != nil {
		return fmt.Errorf("failed to write into the cache: %w", err)
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("failed to write into the cache: %w", err), os.Remove(file.Name()))
	}
	return nil
}
