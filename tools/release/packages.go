package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// content is a file of a package (nfpm.goreleaser.com/configuration).
type content struct {
	Source      string         `json:"src"`
	Destination string         `json:"dst"`
	Info        map[string]int `json:"file_info"`
}

// writePackages makes a deb and an rpm with nfpm.
func (o options) writePackages(t target, program string, workers []string) ([]string, error) {
	nfpm, err := filepath.Abs(o.nfpm)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(nfpm); err != nil {
		return nil, fmt.Errorf("there is no nfpm: `e2e/venvs.sh release` installs it, or name it with -nfpm: %w", err)
	}
	contents := []content{{program, "/usr/bin/ecsctl", map[string]int{"mode": 0o755}}}
	for _, worker := range workers {
		contents = append(contents, content{worker, "/usr/share/ecsctl/" + filepath.Base(worker),
			map[string]int{"mode": 0o644}})
	}
	config, err := json.Marshal(map[string]any{ // JSON is YAML
		"name": "ecsctl", "arch": t.arch, "platform": t.os, "version": packageVersion(o.version),
		"maintainer": "The ecsctl maintainers", "description": "Runs Prefect flows on AWS ECS", "contents": contents,
	})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(o.dist, "ecsctl_"+t.os+"_"+t.arch, "nfpm.yaml")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		return nil, err
	}
	var out []string
	for _, format := range []string{"deb", "rpm"} {
		made := filepath.Join(o.dist, "ecsctl_"+o.version+"_"+t.os+"_"+t.arch+"."+format)
		cmd := exec.Command(nfpm, "package", "--config", file, "--packager", format, "--target", made)
		if text, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("failed to make %q: %w: %s", made, err, text)
		}
		out = append(out, made)
	}
	return out, nil
}

// packageVersion begins with a number, as dpkg and rpm want it.
func packageVersion(version string) string {
	if released.MatchString(version) {
		return version
	}
	return "0.0.0~" + version
}
