package process

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestARootOfItsOwn is of both ways: of a thread of ours, and of util-linux for a user without rights. Nobody else sees
// its mounts.
func TestARootOfItsOwn(t *testing.T) {
	t.Parallel()
	if err := OwnRoots(); err != nil {
		t.Skip(err)
	}
	outside := t.TempDir()
	ways := map[string]func(*exec.Cmd, *Root) error{"this machine's": func(cmd *exec.Cmd, r *Root) error {
		return r.enter(cmd)
	}}
	unshare, err := exec.LookPath("unshare")
	mount, mountErr := exec.LookPath("mount")
	if err == nil && mountErr == nil &&
		exec.Command(unshare, append(slices.Clone(userNamespace), "true")...).Run() == nil {
		ways["util-linux"] = func(cmd *exec.Cmd, r *Root) error {
			r.enterByTools(cmd, rootWay{unshare: unshare, mount: mount})
			return nil
		}
	}
	for name, enter := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &Root{Dir: t.TempDir()}
			for _, path := range []string{"/bin", "/lib", "/lib64", "/usr"} {
				if _, err := os.Stat(path); err == nil {
					r.Mounts = append(r.Mounts, Mount{Path: path})
				}
			}
			declared := filepath.Join(t.TempDir(), "with a space")
			r.Mounts = append(r.Mounts, Mount{Path: declared, Writable: true})
			for _, m := range r.Mounts {
				if err := os.MkdirAll(filepath.Join(r.Dir, m.Path), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Mkdir(declared, 0o755); err != nil {
				t.Fatal(err)
			}
			script := "echo is > '" + declared + "/file'; test -e " + outside + " || echo hidden; pwd"
			cmd := exec.Command("/bin/sh", "-c", script)
			cmd.Dir, cmd.SysProcAttr = "/usr", attributes()
			var out []byte
			done := make(chan error)
			go onOwnThread(func() {
				err := enter(cmd, r)
				if err == nil {
					out, err = cmd.CombinedOutput()
				}
				done <- err
			})
			if err := <-done; err != nil || string(out) != "hidden\n/usr\n" {
				t.Errorf("got %q, %v", out, err)
			}
			if content, err := os.ReadFile(filepath.Join(declared, "file")); err != nil || string(content) != "is\n" {
				t.Errorf("the volume has %q, %v", content, err)
			}
			if mounts, err := os.ReadFile("/proc/self/mounts"); err != nil || strings.Contains(string(mounts), r.Dir) {
				t.Errorf("this machine sees the mounts of the container: %v", err)
			}
		})
	}
}
