package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestPack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program, readme := filepath.Join(dir, "ecsctl"), filepath.Join(dir, "README.md")
	for file, content := range map[string]string{program: "program", readme: "read me"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]string{"ecsctl": "program -rwxr-xr-x", "README.md": "read me -rw-r--r--"}
	for name, read := range map[string]func([]byte) (map[string]string, error){
		"a.tar.gz": readTarball, "a.zip": readZip,
	} {
		archive := filepath.Join(dir, name)
		if err := pack(archive, []string{program, readme}); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(archive)
		if err != nil {
			t.Fatal(err)
		}
		got, err := read(raw)
		if err != nil {
			t.Fatal(name, err)
		}
		for file, content := range want {
			if got[file] != content {
				t.Errorf("%s: %s is %q, want %q", name, file, got[file], content)
			}
		}
	}
}

func readTarball(raw []byte) (map[string]string, error) {
	unpacked, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for r := tar.NewReader(unpacked); ; {
		header, err := r.Next()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		out[header.Name] = string(content) + " " + header.FileInfo().Mode().String()
	}
}

func readZip(raw []byte) (map[string]string, error) {
	r, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, file := range r.File {
		in, err := file.Open()
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(in)
		if err != nil {
			return nil, err
		}
		out[file.Name] = string(content) + " " + file.Mode().String()
	}
	return out, nil
}

// The bill of materials of this very test names the toolchain and what is linked in.
func TestSBOM(t *testing.T) {
	t.Parallel()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	document := filepath.Join(t.TempDir(), "sbom.json")
	if err := writeSBOM(binary, document); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	var got bom
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range got.Components {
		names = append(names, c.Name)
		if c.Version == "" || !strings.HasPrefix(c.PURL, "pkg:golang/"+c.Name+"@") {
			t.Errorf("component %+v", c)
		}
	}
	if got.Metadata.Component.Name != "ecsctl" || !slices.Contains(names, "stdlib") ||
		!slices.Contains(names, "github.com/google/go-containerregistry") {
		t.Errorf("of %s: %v", got.Metadata.Component.Name, names)
	}
	if err := writeSBOM(document, document); err == nil {
		t.Error("a file that is no Go program has a bill of materials")
	}
}
