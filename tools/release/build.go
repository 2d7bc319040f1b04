package main

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"ecsctl/image"
)

type target struct{ os, arch string }

func (t target) String() string { return t.os + "/" + t.arch }

// targets are what ecsctl is released for.
var targets = []target{
	{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"},
	{"windows", "arm64"},
}

// buildWorkers makes the worker-only programs, compressed, and returns their files. They are
// part of the packages of every system.
func (o options) buildWorkers() ([]string, error) {
	var out []string
	for _, architecture := range []string{image.AMD64, image.ARM64} {
		if o.only != "" && !strings.HasSuffix(o.only, "/"+architecture) {
			continue
		}
		program := filepath.Join(o.dist, "worker_"+architecture, "ecsctl-worker")
		if err := o.build("./cmd/ecsctl-worker", program, target{"linux", architecture}); err != nil {
			return nil, err
		}
		packed := filepath.Join(o.dist, "worker_"+architecture, image.ShippedName(architecture))
		if err := compress(program, packed); err != nil {
			return nil, fmt.Errorf("failed to compress %q: %w", program, err)
		}
		out = append(out, packed)
	}
	return out, nil
}

// compress writes no name and no time, so that the same program is the same file.
func compress(from, to string) (err error) {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	w, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	_, err = w.Write(content)
	return errors.Join(err, w.Close())
}

// release builds one target and returns the files that belong to the release.
func (o options) release(t target, workers []string) ([]string, error) {
	program := filepath.Join(o.dist, "ecsctl_"+t.os+"_"+t.arch, "ecsctl")
	if t.os == "windows" {
		program += ".exe"
	}
	if err := o.build(".", program, t); err != nil {
		return nil, err
	}
	name := filepath.Join(o.dist, "ecsctl_"+o.version+"_"+t.os+"_"+t.arch)
	archive := name + ".tar.gz"
	if t.os == "windows" {
		archive = name + ".zip"
	}
	if err := pack(archive, slices.Concat([]string{program, "README.md"}, workers)); err != nil {
		return nil, err
	}
	if err := writeSBOM(program, name+".sbom.json"); err != nil {
		return nil, err
	}
	wheel, err := o.writeWheel(t, program, workers)
	if err != nil {
		return nil, err
	}
	files := []string{archive, name + ".sbom.json", wheel}
	if t.os == "linux" {
		packages, err := o.writePackages(t, program, workers)
		if err != nil {
			return nil, err
		}
		image, err := o.writeImage(t, program, workers)
		if err != nil {
			return nil, err
		}
		files = append(append(files, packages...), image)
	}
	return files, nil
}

// build makes a static program, with version, commit and date in it.
func (o options) build(main, file string, t target) error {
	stamp, err := exec.Command("tools/stamp.sh", o.stamped, o.latest).Output()
	if err != nil {
		return fmt.Errorf("failed to read the commit: %w", err)
	}
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false",
		"-gcflags=github.com/aws/aws-sdk-go-v2/service/...=-l", "-ldflags=-s -w "+string(stamp),
		"-o", file, main)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+t.os, "GOARCH="+t.arch)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("failed to build %s for %s: %w", main, t, err)
	}
	return nil
}

// writeChecksums writes what `sha256sum --check` reads, and returns the sums by name.
func writeChecksums(dist string, files []string) (map[string]string, error) {
	var text strings.Builder
	sums := map[string]string{}
	for _, file := range slices.Sorted(slices.Values(files)) {
		fmt.Println(file)
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(raw)
		sums[filepath.Base(file)] = hex.EncodeToString(sum[:])
		fmt.Fprintf(&text, "%s  %s\n", sums[filepath.Base(file)], filepath.Base(file))
	}
	return sums, os.WriteFile(filepath.Join(dist, "checksums.txt"), []byte(text.String()), 0o644)
}
