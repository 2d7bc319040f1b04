// Command release makes the files of a release, offline: `make release-snapshot`. For each
// system an archive and a wheel, for Linux a deb, an rpm and a container image as well, bills of materials, an
// installer, a Homebrew formula, the checksums of all of them and their provenance. Each has ecsctl and, for
// both architectures, the worker-only program for the worker's image.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// options are what the flags say.
type options struct {
	dist, version, url, only, nfpm string
	key, builder                   string
	stamped, latest                string // into the programs
}

func main() {
	var o options
	flag.StringVar(&o.dist, "dist", "dist", "`DIR` to write to")
	flag.StringVar(&o.version, "version", "", "`VERSION` in the names of the files (default: the commit)")
	flag.StringVar(&o.url, "url", "", "`URL` of the folder that the files will be in (default: DIR itself)")
	flag.StringVar(&o.latest, "latest", "",
		"`URL` of a file with the newest version, which the programs look at once a "+
			"day (default: they do not)")
	flag.StringVar(&o.only, "only", "",
		"`OS/ARCHITECTURE` to release alone, with a worker for that architecture alone: for tests")
	flag.StringVar(&o.nfpm, "nfpm", ".venvs/release/bin/nfpm", "`FILE` with nfpm, which makes debs and rpms")
	flag.StringVar(&o.key, "key", "",
		"`FILE` with the Ed25519 key (PEM) that signs the provenance (default: it is not signed)")
	flag.StringVar(&o.builder, "builder", "local", "`URI` of who builds, for the provenance: such as the CI job's")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// run makes all files and prints their names.
func run(o options) (err error) {
	if o.stamped = o.version; o.version == "" {
		if o.version, err = shortCommit(); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(o.dist, 0o755); err != nil {
		return fmt.Errorf("failed to make %q: %w", o.dist, err)
	}
	if o.url == "" {
		dir, err := filepath.Abs(o.dist)
		if err != nil {
			return err
		}
		o.url = "file://" + filepath.ToSlash(dir)
	}
	workers, err := o.buildWorkers()
	if err != nil {
		return err
	}
	var files []string
	for _, t := range targets {
		if o.only != "" && o.only != t.String() {
			continue
		}
		made, err := o.release(t, workers)
		if err != nil {
			return fmt.Errorf("failed to release %s: %w", t, err)
		}
		files = append(files, made...)
	}
	if len(files) == 0 {
		return fmt.Errorf("-only %q is none of %v", o.only, targets)
	}
	checksums, err := writeChecksums(o.dist, files)
	if err != nil {
		return err
	}
	if err := o.writeProvenance(checksums); err != nil {
		return err
	}
	return o.writeInstallers(checksums)
}

func shortCommit() (string, error) {
	out, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "", fmt.Errorf("failed to read the commit: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
