package ecs

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"ecsctl/sandbox/internal/process"
)

// view is what of this machine a container sees beside its image.
type view struct {
	mounts []process.Mount
	links  []string // links of this machine that the container has as well
}

// newView is what every container sees: devices and processes, and what was declared.
func newView(volumes []string) *view {
	v := &view{mounts: []process.Mount{{Path: "/dev", Writable: true}, {Path: "/proc", Writable: true}}}
	for _, volume := range volumes {
		v.mounts = append(v.mounts, process.Mount{Path: filepath.Clean(volume), Writable: true})
	}
	return v
}

// covers reports whether a path lies in what is seen.
func (v *view) covers(path string) bool {
	return slices.ContainsFunc(v.mounts, func(m process.Mount) bool { return m.Shows(path) }) ||
		slices.ContainsFunc(v.links, func(link string) bool { return process.Mount{Path: link}.Shows(path) })
}

// add lets a file or a directory be seen, if it is there.
func (v *view) add(path string) {
	if _, err := os.Stat(path); err == nil && !v.covers(path) {
		v.mounts = append(v.mounts, process.Mount{Path: path})
	}
}

// addWithLink is add, for what may be a link to something that is seen anyway.
func (v *view) addWithLink(path string) {
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 && !v.covers(path) {
		v.links = append(v.links, path)
		return
	}
	v.add(path)
}

// newRoot prepares a tree to be the root of a container with that view.
func newRoot(tree string, v *view) (*process.Root, error) {
	root, err := os.OpenRoot(tree)
	if err != nil {
		return nil, fmt.Errorf("failed to open a container's folder: %w", err)
	}
	defer root.Close()
	if err := furnish(root); err != nil {
		return nil, fmt.Errorf("failed to prepare a container's folder: %w", err)
	}
	for _, link := range v.links {
		target, err := os.Readlink(link)
		if err == nil {
			err = root.Symlink(target, link[1:])
		}
		if err != nil {
			return nil, fmt.Errorf("failed to prepare a container's folder: %w", err)
		}
	}
	// A directory comes before what lies in it.
	slices.SortFunc(v.mounts, func(a, b process.Mount) int { return strings.Compare(a.Path, b.Path) })
	for _, m := range v.mounts {
		if err := mountPoint(root, m); err != nil {
			return nil, fmt.Errorf("failed to show a container %q: %w", m.Path, err)
		}
	}
	return &process.Root{Dir: tree, Mounts: v.mounts}, nil
}

// furnish makes what container runtimes put into each root: a place for temporary files, and the names of the network.
func furnish(root *os.Root) error {
	for _, dir := range []string{"etc", "tmp", "root"} {
		if err := root.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := root.Chmod("tmp", 0o777|fs.ModeSticky); err != nil {
		return err
	}
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

// mountPoint makes what a file or a directory of this machine is mounted over.
func mountPoint(root *os.Root, m process.Mount) error {
	info, err := os.Stat(cmp.Or(m.Source, m.Path))
	if err != nil {
		return err
	}
	name := m.Path[1:]
	if info.IsDir() {
		return root.MkdirAll(name, 0o755)
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

// findInRoot finds the program of a command as the container does: in its own PATH, by its own links.
func (c *container) findInRoot(command string) (string, error) {
	candidates := []string{command}
	switch {
	case path.IsAbs(command):
	case strings.Contains(command, "/"):
		candidates[0] = path.Join(c.spec.Dir, command)
	default:
		candidates = nil
		for _, dir := range filepath.SplitList(process.Variable(c.spec.Env, "PATH")) {
			candidates = append(candidates, path.Join("/", dir, command))
		}
	}
	for _, candidate := range candidates {
		if onHost, ok := c.image.root.OnHost(candidate); ok && process.IsProgram(onHost) {
			return candidate, nil
		}
	}
	return "", &process.NotFoundError{Command: command}
}
