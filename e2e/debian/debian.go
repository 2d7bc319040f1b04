//go:build e2e

// Package debian makes a base image with Python out of Debian's packages, without Docker: as small as one that runs
// Prefect can be. The packages are downloaded once and kept.
package debian

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Python is the version that the packages have, as official Python images say theirs.
const Python = "3.11.2"

// packages are Python with what its standard library needs, a shell and /usr/bin/env.
var packages = strings.Fields(`
base-files coreutils dash debianutils gcc-12-base libacl1 libattr1 libbz2-1.0 libc6 libcom-err2 libcrypt1 libdb5.3 libexpat1
libffi8 libgcc-s1 libgmp10 libgssapi-krb5-2 libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 liblzma5 libncursesw6 libnsl2
libpcre2-8-0 libpython3-stdlib libpython3.11-minimal libpython3.11-stdlib libreadline8 libselinux1 libsqlite3-0 libssl3
libstdc++6 libtinfo6 libtirpc-common libtirpc3 libuuid1 media-types python3 python3-minimal python3.11 python3.11-minimal
tzdata zlib1g`)

// Image is the base image for this machine's architecture. It is made once in dir, and taken from there afterwards.
func Image(ctx context.Context, dir string) (v1.Image, error) {
	archive := filepath.Join(dir, "debian-python-2.tar")
	if _, err := os.Stat(archive); errors.Is(err, os.ErrNotExist) {
		if err := build(ctx, dir, archive); err != nil {
			return nil, err
		}
	}
	layer, err := tarball.LayerFromFile(archive)
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.Architecture, config.OS = "amd64", "linux"
	config.Config.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "PYTHON_VERSION=" + Python}
	config.Config.Cmd = []string{"python3"}
	return mutate.ConfigFile(image, config)
}

func build(ctx context.Context, dir, archive string) error {
	debs, root := filepath.Join(dir, "debs"), filepath.Join(dir, "root")
	for _, d := range []string{debs, root} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	defer os.RemoveAll(root)
	if err := run(ctx, debs, nil, nil, "apt-get", append([]string{"-q", "download"}, packages...)...); err != nil {
		return err
	}
	for _, name := range []string{"bin", "sbin", "lib", "lib64"} { // as debootstrap merges them into /usr
		if err := os.MkdirAll(filepath.Join(root, "usr", name), 0o755); err != nil {
			return err
		}
		if err := os.Symlink("usr/"+name, filepath.Join(root, name)); err != nil {
			return err
		}
	}
	files, err := filepath.Glob(filepath.Join(debs, "*.deb"))
	if err != nil {
		return err
	}
	for _, deb := range files {
		if err := unpack(ctx, deb, root); err != nil {
			return err
		}
	}
	half := archive + ".half"
	for _, args := range [][]string{
		{"ln", "-sf", "dash", "usr/bin/sh"},
		// as installing tzdata does; pendulum 2 looks for it
		{"ln", "-sf", "/usr/share/zoneinfo/Etc/UTC", "etc/localtime"},
		{"rm", "-rf", "usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/lintian"},
		{"tar", "--sort=name", "--owner=0", "--group=0", "--mtime=@0", "-cf", half, "."},
	} {
		if err := run(ctx, root, nil, nil, args[0], args[1:]...); err != nil {
			return err
		}
	}
	return os.Rename(half, archive)
}

func unpack(ctx context.Context, deb, root string) error {
	var content bytes.Buffer
	if err := run(ctx, root, nil, &content, "dpkg-deb", "--fsys-tarfile", deb); err != nil {
		return err
	}
	return run(ctx, root, &content, nil, "tar", "-x", "--keep-directory-symlink")
}

func run(ctx context.Context, dir string, in io.Reader, out io.Writer, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	var problems bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, in, out, &problems
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("failed to run %s: %w: %s", program, err, problems.String())
	}
	return nil
}
