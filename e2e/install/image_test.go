//go:build e2e

package install

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"ecsctl/sandbox"
)

// startsImage does with the file of a container image what `docker load` and `docker run` do: its layers
// are all that the program sees, and it runs as the image's user, with the image's entry point and environment.
func startsImage(t *testing.T, file string) {
	if os.Getuid() != 0 {
		t.Skip("an image's root is entered by root")
	}
	loaded, root := t.TempDir(), t.TempDir()
	unpack(t, file, loaded)
	var manifest []struct {
		Config           string
		RepoTags, Layers []string
	}
	var image struct {
		Config struct {
			User            string
			Entrypoint, Env []string
		} `json:"config"`
	}
	readJSON(t, filepath.Join(loaded, "manifest.json"), &manifest)
	readJSON(t, filepath.Join(loaded, manifest[0].Config), &image)
	if len(manifest) != 1 || len(manifest[0].RepoTags) != 1 || manifest[0].RepoTags[0] != "ecsctl:v1.2.3" {
		t.Errorf("manifest.json: %+v", manifest)
	}
	for _, layer := range manifest[0].Layers {
		unpack(t, filepath.Join(loaded, layer), root)
	}
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	id, _, _ := strings.Cut(image.Config.User, ":")
	user, err := strconv.Atoi(id)
	if err != nil || user == 0 {
		t.Fatalf("the image's user is %q", image.Config.User)
	}
	server, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	ecsctl := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), image.Config.Entrypoint[0], args...)
		cmd.Dir, cmd.Env = "/", append(image.Config.Env, server.Env()...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root,
			Credential: &syscall.Credential{Uid: uint32(user), Gid: uint32(user)}}
		return run(t, cmd)
	}
	isWhole(t, ecsctl)
	// The demo starts processes with a shell, which the image does not have.
	if out := ecsctl("bootstrap", "--pool", "etl", "--dry-run"); !strings.Contains(out, "17 to create") {
		t.Errorf("bootstrap: %s", out)
	}
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// unpack unpacks a tar, which may be compressed, into a folder.
func unpack(t *testing.T, file, dir string) {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var r io.Reader = in
	if packed, err := gzip.NewReader(in); err == nil {
		r = packed
	} else if _, err := in.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	for entries := tar.NewReader(r); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		unpackEntry(t, header, entries, filepath.Join(dir, filepath.Clean("/"+header.Name)))
	}
}

func unpackEntry(t *testing.T, header *tar.Header, content io.Reader, to string) {
	t.Helper()
	mode := header.FileInfo().Mode()
	if mode.IsDir() {
		if err := errors.Join(os.MkdirAll(to, 0o755), os.Chmod(to, mode)); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(content)
	if err == nil {
		err = os.WriteFile(to, raw, mode)
	}
	if err != nil {
		t.Fatal(err)
	}
}
