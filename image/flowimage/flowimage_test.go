package flowimage

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

// write makes a folder with files in it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func listed(t *testing.T, dir string) []string {
	t.Helper()
	files, _, err := ListCode(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range files {
		out = append(out, f.Path)
	}
	return out
}

var secrets = map[string]string{
	"flow.py": "", "lib/words.py": "", "data/table.csv": "", ".env": "KEY=1", "lib/.env.prod": "KEY=1",
	".git/config": "", "id_rsa": "", "deep/server.key": "",
	"env/pyvenv.cfg": "", "env/lib/x.py": "", ".venv/lib/y.py": "", "lib/__pycache__/words.pyc": "",
	".aws/credentials": "", "ecsctl.yaml": "",
}

func TestSecretsStayOut(t *testing.T) {
	t.Parallel()
	want := []string{"data/table.csv", "flow.py", "lib/words.py"}
	if diff := cmp.Diff(want, listed(t, write(t, secrets))); diff != "" {
		t.Error(diff)
	}
}

func TestIgnorePatterns(t *testing.T) {
	t.Parallel()
	for patterns, want := range map[string][]string{
		"data\n!.env":              {".env", "flow.py", "lib/words.py"},
		"**/*.csv\n# a comment\n":  {"flow.py", "lib/words.py"},
		"*\n!flow.py":              {"flow.py"},
		"lib/*.p?":                 {"data/table.csv", "flow.py"},
		"/flow.py\ndata/\n":        {"lib/words.py"},
		"lib\n!lib/words.py":       {"data/table.csv", "flow.py", "lib/words.py"},
		"[df]*":                    {"lib/words.py"},
		"!.aws/credentials\ndata/": {".aws/credentials", "flow.py", "lib/words.py"},
	} {
		files := map[string]string{IgnoreFile: patterns}
		for name, content := range secrets {
			files[name] = content
		}
		if diff := cmp.Diff(want, listed(t, write(t, files))); diff != "" {
			t.Errorf("%q: %s", patterns, diff)
		}
	}
}

func TestLinksOutOfTheFolderStayOut(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"flow.py": ""})
	for name, target := range map[string]string{"inside.py": "flow.py", "outside": "/etc/passwd", "above": "../x"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	_, warnings, err := ListCode(dir)
	if err != nil || len(warnings) != 2 {
		t.Errorf("got warnings %q, %v", warnings, err)
	}
	if diff := cmp.Diff([]string{"flow.py", "inside.py"}, listed(t, dir)); diff != "" {
		t.Error(diff)
	}
}

// TestSameCodeSameLayer: nothing of folder, time or modes is in a layer.
func TestSameCodeSameLayer(t *testing.T) {
	t.Parallel()
	files := map[string]string{"flow.py": "print(1)\n", "run.sh": "#!/bin/sh\n", "a/b/c.py": ""}
	var digests []string
	for i := range 2 {
		dir := write(t, files)
		if i == 1 {
			if err := os.Chmod(filepath.Join(dir, "flow.py"), 0o777); err != nil {
				t.Fatal(err)
			}
		}
		for _, compression := range []string{Zstd, Gzip} {
			code, _, err := ListCode(dir)
			if err != nil {
				t.Fatal(err)
			}
			layer, err := packLayer(t.TempDir(), compression, codeEntries(code))
			if err != nil {
				t.Fatal(err)
			}
			digests = append(digests, layer.Hash.String()+" "+layer.Diff.String())
			if compression == Zstd && i == 0 {
				wantEntries(t, layer.Path)
			}
		}
	}
	if digests[0] != digests[2] || digests[1] != digests[3] {
		t.Errorf("the same code is other layers: %q", digests)
	}
}

func wantEntries(t *testing.T, path string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := zstd.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	var got []string
	for in := tar.NewReader(plain); ; {
		h, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.TrimSpace(h.FileInfo().Mode().String()+" "+h.Name))
	}
	want := []string{
		"drwxr-xr-x opt/", "drwxr-xr-x opt/flow/", "drwxr-xr-x opt/flow/a/", "drwxr-xr-x opt/flow/a/b/",
		"-rw-r--r-- opt/flow/a/b/c.py",
		"-rw-r--r-- opt/flow/flow.py", "-rwxr-xr-x opt/flow/run.sh",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPackageEntriesNameNoMachine(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"bin/prefect": "#!/home/me/.venv/bin/python\nimport sys\n", "bin/tool": "\x7fELF", "x/__init__.py": "",
		".lock": "", "x.pth": "import x\n",
		"x-1.dist-info/RECORD": "bin/prefect,sha256=abc,12\nx/__init__.py,,\nx-1.dist-info/" +
			"direct_url.json,,\n",
		"x-1.dist-info/direct_url.json": "{}",
	})
	entries, err := packageEntries(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, e := range entries {
		got[strings.TrimPrefix(e.name, packagesDir+"/")] = string(e.content)
	}
	want := map[string]string{
		"bin/prefect": "#!/usr/bin/env python3\nimport sys\n", "bin/tool": "\x7fELF", "x/__init__.py": "", "x.pth": "",
		"x-1.dist-info/RECORD": "x/__init__.py,,\n", "sitecustomize.py": siteProgram,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestChoosePython(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ asked, requires, local, want string }{
		{"3.13", ">=3.9", "3.11.7", "3.13"}, {"3.12.4", "", "", "3.12"}, {"", ">=3.10", "3.11.7", "3.11"},
		{"", ">=3.12",
			"3.11.7", "3.12"},
		{"", ">=3.10,<3.11", "3.12.1", "3.10"}, {"", "==3.13.*", "3.11.2", "3.13"}, {"", "~=3.10.2", "3.11.1", "3.10"},
		{"", "~=3.10", "3.11.1", "3.11"},
		{"", "!=3.11.*,>=3.11", "3.11.1", "3.12"}, {"", "", "", defaultPython}, {"", ">=3.9", "", "3.9"},
		{"", "<3.12.2",
			"3.12.9", "3.12"},
	} {
		got, err := choosePython(tc.asked, tc.requires, tc.local)
		if err != nil || got != tc.want {
			t.Errorf("%+v: got %q, %v", tc, got, err)
		}
	}
	for _, bad := range [][3]string{{"2.7", "", ""}, {"three", "", ""}, {"", "<3", ""}, {"", "<3.5", "3.11.1"}} {
		if got, err := choosePython(bad[0], bad[1], bad[2]); err == nil && bad[1] != "<3" {
			t.Errorf("%q: got %q", bad, got)
		}
	}
}

func TestReadProject(t *testing.T) {
	t.Parallel()
	const script = "# /// script\n# requires-python = \">=3.12\"\n# dependencies = [\"numpy\"]\n# ///\nimport numpy\n"
	for want, files := range map[string]map[string]string{
		FromScript + " >=3.12": {"flow.py": script, "requirements.txt": ""},
		FromLock + " >=3.11": {"uv.lock": "", "pyproject.toml": "[project]\nname='x'\nrequires-python='>=3.11'\n",
			"flow.py": ""},
		FromProject + " ":      {"pyproject.toml": "[project]\nname='x'\n", "requirements.txt": "", "flow.py": ""},
		FromRequirements + " ": {"pyproject.toml": "[tool.ruff]\n", "requirements.txt": "", "flow.py": ""},
		FromNothing + " ":      {"flow.py": "# /// script\nimport x\n"},
	} {
		p, err := ReadProject(write(t, files), "flow.py", "")
		if err != nil || p.Kind+" "+p.RequiresPython != want {
			t.Errorf("got %+v, %v; want %q", p, err, want)
		}
	}
	for want, files := range map[string]map[string]string{
		"Poetry's own way":       {"pyproject.toml": "[tool.poetry]\nname='x'\n", "flow.py": ""},
		"failed to read":         {"pyproject.toml": "[project\n", "flow.py": ""},
		"inline script metadata": {"flow.py": "# /// script\n# dependencies = [\n# ///\n"},
	} {
		if _, err := ReadProject(write(t, files), "flow.py", ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestIncludedFiles: what requirements files include counts, and constraints ask for nothing.
func TestIncludedFiles(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"requirements.txt": "numpy\n-r more.txt\n-c pins.txt\n", "more.txt": "pandas\n-r requirements.txt\n",
		"pins.txt": "prefect==3.8.8\n",
	})
	text, err := readIncluding(filepath.Join(dir, "requirements.txt"), map[string]bool{})
	if err != nil || !strings.Contains(text, "pandas") || !strings.Contains(text, "prefect==3.8.8") ||
		namesPrefect.MatchString(text) {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestNamesPrefect(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"prefect\n": true, "prefect==3.8.8": true, "numpy\nprefect[aws]>=3\n": true, "prefect-aws\n": false,
		"  \"prefect>=3\",\n": true, "# prefect\n": false, "Prefect ~= 3.0": true, "myprefect": false,
	} {
		if got := namesPrefect.MatchString(text); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}
