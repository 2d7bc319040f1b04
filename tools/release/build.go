package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// release builds one target and returns the files that belong to the release.
func (c config) release(t target, dist, version string) ([]string, error) {
	binary, err := c.build(t, dist)
	if err != nil {
		return nil, err
	}
	format, err := c.format(t)
	if err != nil {
		return nil, err
	}
	name, err := c.name(c.Archives[0].NameTemplate, version, t)
	if err != nil {
		return nil, err
	}
	document, err := c.name(c.SBOMs[0].Documents[0], version, t)
	if err != nil {
		return nil, err
	}
	archive := filepath.Join(dist, name+"."+format)
	if err := pack(archive, append([]string{binary}, c.Archives[0].Files...)); err != nil {
		return nil, err
	}
	document = filepath.Join(dist, document)
	return []string{archive, document}, writeSBOM(binary, document)
}

// build makes the binary in a folder of the target's own.
func (c config) build(t target, dist string) (string, error) {
	b := c.Builds[0]
	name := b.Binary
	if t.os == "windows" {
		name += ".exe"
	}
	file := filepath.Join(dist, c.ProjectName+"_"+t.os+"_"+t.arch, name)
	args := slices.Concat([]string{"build"}, b.Flags, []string{"-ldflags=" + strings.Join(b.LDFlags, " "), "-o", file, b.Main})
	cmd := exec.Command("go", args...)
	cmd.Env = append(append(os.Environ(), b.Env...), "GOOS="+t.os, "GOARCH="+t.arch)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return file, cmd.Run()
}

// writeChecksums writes what `sha256sum --check` reads.
func writeChecksums(dist, name string, files []string) error {
	var text strings.Builder
	for _, file := range slices.Sorted(slices.Values(files)) {
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(raw)
		fmt.Fprintf(&text, "%s  %s\n", hex.EncodeToString(sum[:]), filepath.Base(file))
	}
	return os.WriteFile(filepath.Join(dist, name), []byte(text.String()), 0o644)
}
