package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
)

// config is what is read of .goreleaser.yaml.
type config struct {
	ProjectName string `yaml:"project_name"`
	Builds      []struct {
		Main    string
		Binary  string
		Env     []string
		Flags   []string
		LDFlags []string `yaml:"ldflags"`
		GoOS    []string `yaml:"goos"`
		GoArch  []string `yaml:"goarch"`
	}
	Archives []struct {
		Formats         []string
		NameTemplate    string `yaml:"name_template"`
		FormatOverrides []struct {
			GoOS    string `yaml:"goos"`
			Formats []string
		} `yaml:"format_overrides"`
		Files []string
	}
	SBOMs []struct {
		Documents []string
	} `yaml:"sboms"`
	Checksum struct {
		NameTemplate string `yaml:"name_template"`
	}
}

type target struct{ os, arch string }

func readConfig(path string) (config, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return config{}, err
	}
	var c config
	if err := yaml.Unmarshal(raw, &c); err != nil {
		return c, fmt.Errorf("failed to parse %q: %w", path, err)
	}
	if len(c.Builds) != 1 || len(c.Archives) != 1 || len(c.SBOMs) != 1 || len(c.SBOMs[0].Documents) != 1 || c.Checksum.NameTemplate == "" {
		return c, fmt.Errorf("%q must have one build, one archive, one SBOM document and a checksum file: more is not implemented here", path)
	}
	return c, nil
}

// targets are the systems and architectures that are built.
func (c config) targets() []target {
	var out []target
	for _, os := range c.Builds[0].GoOS {
		for _, arch := range c.Builds[0].GoArch {
			out = append(out, target{os, arch})
		}
	}
	return out
}

// name fills a name template in; one with anything else in it is an error.
func (c config) name(template, version string, t target) (string, error) {
	name := strings.NewReplacer(
		"{{ .ProjectName }}", c.ProjectName, "{{ .Version }}", version, "{{ .Os }}", t.os, "{{ .Arch }}", t.arch,
	).Replace(template)
	if strings.Contains(name, "{{") {
		return "", fmt.Errorf("the name template %q has a part that is not implemented here", template)
	}
	return name, nil
}

// format is tar.gz or zip.
func (c config) format(t target) (string, error) {
	formats := c.Archives[0].Formats
	for _, override := range c.Archives[0].FormatOverrides {
		if override.GoOS == t.os {
			formats = override.Formats
		}
	}
	if len(formats) != 1 || formats[0] != "tar.gz" && formats[0] != "zip" {
		return "", fmt.Errorf("the archive formats %v of %s are not implemented here", formats, t.os)
	}
	return formats[0], nil
}
