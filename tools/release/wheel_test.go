package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPythonVersion(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"v1.2.3": "1.2.3", "1.2.3": "1.2.3", "8a32482": "0.0.0.dev0+g8a32482", "v1.3.0-rc.1": "0.0.0.dev0+gv1.3.0.rc.1",
	} {
		if got := pythonVersion(version); got != want {
			t.Errorf("%s is %s, want %s", version, got, want)
		}
	}
}

// Each system has a tag, and its wheel lists and holds the program and the workers.
func TestWheel(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program, worker := filepath.Join(dir, "ecsctl"), filepath.Join(dir, "ecsctl-worker-linux-amd64.gz")
	for _, file := range []string{program, worker} {
		if err := os.WriteFile(file, []byte("content"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, target := range targets {
		file, err := options{dist: dir, version: "v1.2.3"}.writeWheel(target, program, []string{worker})
		if err != nil {
			t.Fatal(err)
		}
		if platform := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "ecsctl-1.2.3-py3-none-"),
			".whl"); platform == "" {
			t.Errorf("%v: %q names no system", target, file)
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		files, err := readZip(raw)
		if err != nil {
			t.Fatal(err)
		}
		script, share := "ecsctl-1.2.3.data/scripts/ecsctl",
			"ecsctl-1.2.3.data/data/share/ecsctl/ecsctl-worker-linux-amd64.gz"
		if files[script] != "content -rwxr-xr-x" || files[share] != "content -rw-r--r--" {
			t.Errorf("%v: it holds %v", target, files)
		}
		// printf content | openssl sha256 -binary | basenc --base64url
		const line = ",sha256=7XACtDnprIRfIjV9giusFERzD722AW0-yUMil7nsn3M,7\n"
		if record := files["ecsctl-1.2.3.dist-info/RECORD"]; !strings.Contains(record, script+line) ||
			!strings.Contains(record, share+line) {
			t.Errorf("%v: RECORD %s", target, record)
		}
	}
}

func TestInstallers(t *testing.T) {
	t.Parallel()
	sums := map[string]string{}
	for _, target := range targets {
		sums["ecsctl_v1.2.3_"+target.os+"_"+target.arch+".tar.gz"] = "sum-of-" + target.os + "-" + target.arch
	}
	dir := t.TempDir()
	if err := (options{dist: dir, version: "v1.2.3", url: "https://example.com/ecsctl/"}).writeInstallers(
		sums); err != nil {
		t.Fatal(err)
	}
	for name, wants := range map[string][]string{
		"install.sh": {"sum-of-linux-arm64  ecsctl_v1.2.3_linux_arm64.tar.gz\n",
			"url=${ECSCTL_URL:-https://example.com/ecsctl}\n"},
		"ecsctl.rb": {`url "https://example.com/ecsctl/ecsctl_v1.2.3_darwin_arm64.tar.gz"`,
			`sha256 "sum-of-darwin-arm64"`, `version "1.2.3"`},
	} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(raw), want) {
				t.Errorf("%s has no %q", name, want)
			}
		}
		if strings.Contains(string(raw), "@VERSION@") || strings.Contains(string(raw), "_amd64@") {
			t.Errorf("%s is not filled in", name)
		}
	}
}
