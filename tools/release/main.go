// Command release makes the files of a release as .goreleaser.yaml describes them,
// without goreleaser and without a network: `make release-snapshot`. goreleaser calls
// it for the bills of materials, so that both make the same ones.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

func main() {
	dist := flag.String("dist", "dist", "`DIR` to write to")
	version := flag.String("version", "", "`VERSION` in the names of the files (default: the commit)")
	binary := flag.String("sbom", "", "`FILE` to write the bill of materials of, and nothing else")
	document := flag.String("document", "", "`FILE` to write it to")
	flag.Parse()
	var err error
	if *binary != "" {
		err = writeSBOM(*binary, *document)
	} else {
		err = snapshot(*dist, *version)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// snapshot builds every target and writes archives, bills of materials and checksums.
func snapshot(dist, version string) error {
	c, err := readConfig(".goreleaser.yaml")
	if err != nil {
		return err
	}
	if version == "" {
		if version, err = shortCommit(); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return fmt.Errorf("failed to make %q: %w", dist, err)
	}
	var files []string
	for _, t := range c.targets() {
		made, err := c.release(t, dist, version)
		if err != nil {
			return fmt.Errorf("failed to release %s/%s: %w", t.os, t.arch, err)
		}
		for _, file := range made {
			fmt.Println(file)
		}
		files = append(files, made...)
	}
	return writeChecksums(dist, c.Checksum.NameTemplate, files)
}

func shortCommit() (string, error) {
	out, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "", fmt.Errorf("failed to read the commit: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
