package ecs

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"ecsctl/sandbox/internal/process"
	"ecsctl/sandbox/internal/rootfs"
)

// rootTools enter a root of a container's own: util-linux has them. The zero value is that this machine cannot.
type rootTools struct {
	unshare, mount string
	flags          []string
}

// findRootTools looks once what this machine lets us do. A user without rights gets a user namespace where there are
// any.
var findRootTools = sync.OnceValue(func() rootTools {
	unshare, err := exec.LookPath("unshare")
	mount, mountErr := exec.LookPath("mount")
	if runtime.GOOS != "linux" || err != nil || mountErr != nil {
		return rootTools{}
	}
	flags := []string{"--mount"}
	if os.Geteuid() != 0 {
		flags = append(flags, "--user", "--map-root-user")
	}
	if exec.Command(unshare, append(flags, "--root=/", "--wd=/", "true")...).Run() != nil {
		return rootTools{}
	}
	return rootTools{unshare, mount, flags}
})

// hasSystem reports whether an image brings a system along, with a shell: what runs in it opens the image's files and
// no
// others. An image with nothing but a program goes on as a process of this machine.
func hasSystem(tree string) bool {
	for _, shell := range []string{"/bin/sh", "/usr/bin/env"} {
		if found, err := rootfs.Resolve(tree, shell); err == nil && process.IsProgram(found) {
			return findRootTools().unshare != ""
		}
	}
	return false
}

// prepareRoot makes what container runtimes put into each root: devices, processes, and the names of the network.
func prepareRoot(tree string) error {
	for _, dir := range []string{"/dev", "/proc", "/etc", "/tmp"} {
		if _, err := rootfs.MakeDir(tree, dir); err != nil {
			return err
		}
	}
	root, err := os.OpenRoot(tree)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, name := range []string{"etc/hosts", "etc/resolv.conf"} {
		content, err := os.ReadFile("/" + name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = errors.Join(unlessMissing(root.Remove(name)), root.WriteFile(name, content, 0o644))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func unlessMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// enterScript mounts devices and processes where nobody else sees it, and changes the root. Its arguments are the
// tree,
// the working directory and the command; mount and unshare stand in its own text, because PATH is the container's.
const enterScript = `MOUNT --rbind /dev "$1/dev" && MOUNT --rbind /proc "$1/proc" || exit 125
tree=$1 dir=$2; shift 2
exec UNSHARE --root="$tree" --wd="$dir" "$@"`

// enterRoot is the command that runs another one in a root of its own. Paths in args and dir are the container's.
func (t rootTools) enterRoot(tree, dir string, args []string) []string {
	script := strings.NewReplacer("MOUNT", t.mount, "UNSHARE", t.unshare).Replace(enterScript)
	out := append([]string{t.unshare}, t.flags...)
	return append(append(out, "/bin/sh", "-c", script, "sh", tree, dir), args...)
}

// inside is a path of this machine as the container sees it.
func (img containerImage) inside(path string) string {
	inner, err := filepath.Rel(img.tree, path)
	if err != nil {
		return "/"
	}
	return filepath.Join("/", inner)
}

// enterOwnRoot changes what is to be started, so that it sees the image's files and no others.
func (c *container) enterOwnRoot() {
	dir := c.image.inside(c.spec.Dir)
	c.spec.Args[0] = c.image.inside(c.spec.Args[0])
	c.spec.Args = findRootTools().enterRoot(c.image.tree, dir, c.spec.Args)
	c.spec.Env = append(c.spec.Env, "HOME="+cmp.Or(process.Variable(c.image.config.Env, "HOME"), "/root"))
	c.spec.Dir = "/"
}
