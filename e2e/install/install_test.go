//go:build e2e

// Package install makes the packages of a release for this machine, installs each in a clean place, and
// runs what it installed.
package install

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"ecsctl/e2e/peers"
)

// release makes the files for this machine alone and returns their folder.
func release(t *testing.T) string {
	t.Helper()
	nfpm, err := peers.Program("release", "nfpm")
	if err != nil {
		t.Fatal(err)
	}
	dist := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", "run", "./tools/release", "-dist", dist, "-version", "v1.2.3",
		"-only", runtime.GOOS+"/"+runtime.GOARCH, "-nfpm", nfpm)
	cmd.Dir = peers.Root()
	run(t, cmd)
	return dist
}

func run(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	return string(out)
}

// only returns the one file that matches.
func only(t *testing.T, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) != 1 {
		t.Fatalf("%s: %v, %v", pattern, files, err)
	}
	return files[0]
}

// maxWorkerImage tells the image of the worker-only program from that of ecsctl itself.
const maxWorkerImage = 9_000_000

// works runs what a new user would, with nothing in the environment but a home.
func works(t *testing.T, program string) {
	t.Helper()
	ecsctl := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Dir = t.TempDir()
		cmd.Env = []string{"HOME=" + cmd.Dir, "PATH=/usr/bin:/bin"}
		return run(t, cmd)
	}
	isWhole(t, ecsctl)
	if out := ecsctl("demo"); !strings.Contains(out, "Hello from ECS!!") {
		t.Errorf("demo: %s", out)
	}
}

// isWhole looks at the version, and for the worker-only program.
func isWhole(t *testing.T, ecsctl func(args ...string) string) {
	t.Helper()
	if out := ecsctl("version"); !regexp.MustCompile(`^ecsctl version v1\.2\.3\ncommit [0-9a-f]{40} of 20`).MatchString(out) {
		t.Errorf("version: %s", out)
	}
	var image struct{ Size int64 }
	if err := json.Unmarshal([]byte(ecsctl("worker", "image", "build", "-o", "json")), &image); err != nil {
		t.Fatal(err)
	}
	if image.Size == 0 || image.Size > maxWorkerImage {
		t.Errorf("the worker's image has %d bytes: it was not made of the worker-only program", image.Size)
	}
}

func TestInstalled(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the ways to install that are tried here are those of Linux")
	}
	dist := release(t)
	t.Run("wheel", func(t *testing.T) {
		venv := filepath.Join(t.TempDir(), "venv")
		run(t, exec.CommandContext(t.Context(), "python3.11", "-m", "venv", venv))
		run(t, exec.CommandContext(t.Context(), filepath.Join(venv, "bin", "pip"), "install", "--no-index",
			"--disable-pip-version-check", only(t, filepath.Join(dist, "*.whl"))))
		works(t, filepath.Join(venv, "bin", "ecsctl"))
		run(t, exec.CommandContext(t.Context(), filepath.Join(venv, "bin", "pip"), "uninstall", "--yes", "ecsctl"))
		if left, _ := filepath.Glob(filepath.Join(venv, "share", "ecsctl", "*")); len(left) > 0 {
			t.Errorf("after uninstalling there is still %v", left)
		}
	})
	t.Run("image", func(t *testing.T) { startsImage(t, only(t, filepath.Join(dist, "*.image.tar"))) })
	t.Run("archive", func(t *testing.T) { installsArchive(t, dist) })
	t.Run("deb", func(t *testing.T) {
		if _, err := exec.LookPath("dpkg"); err != nil || os.Getuid() != 0 {
			t.Skip("a deb is installed where dpkg is, by root")
		}
		root := t.TempDir()
		for _, dir := range []string{"info", "updates"} {
			if err := os.MkdirAll(filepath.Join(root, "var/lib/dpkg", dir), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(root, "var/lib/dpkg/status"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		run(t, exec.CommandContext(t.Context(), "dpkg", "--root="+root, "--force-architecture", "-i",
			only(t, filepath.Join(dist, "*.deb"))))
		works(t, filepath.Join(root, "usr/bin/ecsctl"))
	})
}

// installsArchive runs install.sh against a server that has the release's files, and one
// where somebody has changed them.
func installsArchive(t *testing.T, dist string) {
	server := httptest.NewServer(http.FileServer(http.Dir(dist)))
	defer server.Close()
	install := func(url, prefix string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "sh", filepath.Join(dist, "install.sh"))
		cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=/usr/bin:/bin", "ECSCTL_URL=" + url, "ECSCTL_PREFIX=" + prefix}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	prefix := t.TempDir()
	for range 2 { // the second time over the first
		if out, err := install(server.URL, prefix); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	works(t, filepath.Join(prefix, "bin", "ecsctl"))

	changed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("something else"))
	}))
	defer changed.Close()
	prefix = t.TempDir()
	out, err := install(changed.URL, prefix)
	if left, _ := os.ReadDir(prefix); err == nil || !strings.Contains(out, "nothing was installed") || len(left) > 0 {
		t.Errorf("a changed archive: %v, %v, %s", err, left, out)
	}
}
