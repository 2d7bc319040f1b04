package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
)

// bom is a CycloneDX 1.5 bill of materials, as far as a Go binary tells
// (cyclonedx.org/docs/1.5/json).
type bom struct {
	Format      string      `json:"bomFormat"`
	SpecVersion string      `json:"specVersion"`
	Version     int         `json:"version"`
	Metadata    metadata    `json:"metadata"`
	Components  []component `json:"components"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	PURL    string `json:"purl,omitempty"`
	Hashes  []hash `json:"hashes,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

// writeSBOM writes what the Go toolchain put into a binary: the toolchain itself and
// every module that was linked in.
func writeSBOM(binary, document string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return fmt.Errorf("failed to read the build information of %q: %w", binary, err)
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	out := bom{Format: "CycloneDX", SpecVersion: "1.5", Version: 1, Metadata: metadata{component{
		Type: "application", Name: info.Main.Path, Version: info.Main.Version,
		Hashes: []hash{{"SHA-256", hex.EncodeToString(sum[:])}},
	}}}
	toolchain := info.GoVersion[len("go"):]
	out.Components = []component{{Type: "library", Name: "stdlib", Version: toolchain,
		PURL: "pkg:golang/stdlib@" + toolchain}}
	for _, module := range info.Deps {
		out.Components = append(out.Components, moduleComponent(module))
	}
	raw, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(document, append(raw, '\n'), 0o644)
}

func moduleComponent(module *debug.Module) component {
	if module.Replace != nil {
		module = module.Replace
	}
	return component{Type: "library", Name: module.Path, Version: module.Version, PURL: "pkg:golang/" + module.Path +
		"@" + module.Version}
}
