package main

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// wheelPlatforms are the tags of systems (packaging.python.org, "Platform compatibility
// tags"). A static program needs no C library: both kinds of Linux take it.
var wheelPlatforms = map[target][]string{
	{"linux", "amd64"}:   {"manylinux_2_17_x86_64", "manylinux2014_x86_64", "musllinux_1_1_x86_64"},
	{"linux", "arm64"}:   {"manylinux_2_17_aarch64", "manylinux2014_aarch64", "musllinux_1_1_aarch64"},
	{"darwin", "amd64"}:  {"macosx_12_0_x86_64"}, // the oldest that Go 1.26 runs on
	{"darwin", "arm64"}:  {"macosx_12_0_arm64"},
	{"windows", "amd64"}: {"win_amd64"},
	{"windows", "arm64"}: {"win_arm64"},
}

var released = regexp.MustCompile(`^v?[0-9]+\.[0-9]+\.[0-9]+$`)

// pythonVersion is a version as Python takes it (PEP 440): a release's, or one before all releases.
func pythonVersion(version string) string {
	if released.MatchString(version) {
		return strings.TrimPrefix(version, "v")
	}
	return "0.0.0.dev0+g" + regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(version), ".")
}

const wheelMetadata = `Metadata-Version: 2.1
Name: ecsctl
Version: %s
Summary: Run Prefect flows on AWS ECS: sets up the worker, runs it, and takes it away again
Requires-Python: >=3.8
`

// writeWheel makes a wheel without a line of Python: installing it puts the program where
// scripts go and the workers into share/ecsctl (PEP 427, "The .data directory").
func (o options) writeWheel(t target, program string, workers []string) (string, error) {
	version, tags := pythonVersion(o.version), wheelPlatforms[t]
	file := filepath.Join(o.dist, "ecsctl-"+version+"-py3-none-"+strings.Join(tags, ".")+".whl")
	data, info := "ecsctl-"+version+".data/", "ecsctl-"+version+".dist-info/"
	about := "Wheel-Version: 1.0\nGenerator: ecsctl tools/release\nRoot-Is-Purelib: false\n"
	for _, tag := range tags {
		about += "Tag: py3-none-" + tag + "\n"
	}
	out, err := os.Create(file)
	if err != nil {
		return "", err
	}
	w := wheelWriter{zipped: zipped{zip.NewWriter(out)}}
	w.addFile(data+"scripts/"+filepath.Base(program), 0o755, program)
	for _, worker := range workers {
		w.addFile(data+"data/share/ecsctl/"+filepath.Base(worker), 0o644, worker)
	}
	w.addText(info+"METADATA", fmt.Sprintf(wheelMetadata, version))
	w.addText(info+"WHEEL", about)
	w.addText(info+"RECORD", w.record.String()+info+"RECORD,,\n")
	if err := errors.Join(w.err, w.Close(), out.Close()); err != nil {
		return "", fmt.Errorf("failed to write the wheel %q: %w", file, err)
	}
	return file, nil
}

// wheelWriter keeps the list of what it has written, and its first error.
type wheelWriter struct {
	zipped
	record strings.Builder
	err    error
}

func (w *wheelWriter) addFile(name string, mode int64, file string) {
	content, err := os.ReadFile(file)
	w.err = errors.Join(w.err, err)
	w.write(name, mode, content)
}

func (w *wheelWriter) addText(name, text string) { w.write(name, 0o644, []byte(text)) }

func (w *wheelWriter) write(name string, mode int64, content []byte) {
	sum := sha256.Sum256(content)
	fmt.Fprintf(&w.record, "%s,sha256=%s,%d\n", name, base64.RawURLEncoding.EncodeToString(sum[:]), len(content))
	w.err = errors.Join(w.err, w.add(name, mode, content))
}
