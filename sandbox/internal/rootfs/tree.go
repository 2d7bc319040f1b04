package rootfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// addTo puts a layer over the tree that those below it have made.
func (l *layer) addTo(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("failed to open a container's folder: %w", err)
	}
	defer root.Close()
	for _, w := range l.gone {
		if err := w.apply(root); err != nil {
			return err
		}
	}
	return filepath.WalkDir(l.dir, func(from string, entry fs.DirEntry, err error) error {
		if err != nil || from == l.dir {
			return err
		}
		name, err := filepath.Rel(l.dir, from)
		if err != nil {
			return err
		}
		return place(root, from, name, entry)
	})
}

func (w whiteout) apply(root *os.Root) error {
	if !w.opaque {
		return root.RemoveAll(filepath.FromSlash(w.path))
	}
	dir, err := root.Open(filepath.FromSlash(w.path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	names, err := dir.Readdirnames(-1)
	if err := errors.Join(err, dir.Close()); err != nil {
		return err
	}
	for _, name := range names {
		if err := root.RemoveAll(filepath.Join(filepath.FromSlash(w.path), name)); err != nil {
			return err
		}
	}
	return nil
}

// place puts one entry of a layer into a tree.
func place(root *os.Root, from, name string, entry fs.DirEntry) error {
	if entry.IsDir() {
		return placeDir(root, name)
	}
	if err := root.RemoveAll(name); err != nil {
		return err
	}
	if entry.Type()&fs.ModeSymlink != 0 {
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return root.Symlink(target, name)
	}
	return link(root, from, name)
}

// placeDir keeps a directory of the layers below, or a link to one, and replaces
// anything else.
func placeDir(root *os.Root, name string) error {
	if info, err := root.Stat(name); err == nil && info.IsDir() {
		return nil
	}
	if err := root.RemoveAll(name); err != nil {
		return err
	}
	return root.Mkdir(name, 0o755)
}

// link makes a second name for a layer's file. os.Root cannot link from outside, so the
// directory is looked at first: nothing runs in the tree yet that could change it.
func link(root *os.Root, from, name string) error {
	parent, err := filepath.EvalSymlinks(filepath.Join(root.Name(), filepath.Dir(name)))
	if err != nil {
		return err
	}
	if !within(root.Name(), parent) {
		return fmt.Errorf("the directory of %q is outside of the container", name)
	}
	return os.Link(from, filepath.Join(parent, filepath.Base(name)))
}

func within(dir, path string) bool {
	return path == dir || strings.HasPrefix(path, dir+string(os.PathSeparator))
}

// Resolve is where a path of the container is on this machine; its links are followed,
// and must not lead out of the container.
func Resolve(dir, path string) (string, error) {
	inner := filepath.Join(dir, filepath.Join(string(os.PathSeparator), path))
	real, err := filepath.EvalSymlinks(inner)
	if err != nil {
		return "", err
	}
	if !within(dir, real) {
		return "", &fs.PathError{Op: "open", Path: path, Err: errors.New("leads out of the container")}
	}
	return inner, nil
}

// MakeDir makes a directory of the container, if it is not there, and returns where it
// is on this machine.
func MakeDir(dir, path string) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", fmt.Errorf("failed to open a container's folder: %w", err)
	}
	defer root.Close()
	name := inside(filepath.ToSlash(path))
	if err := root.MkdirAll(filepath.FromSlash(name), 0o755); err != nil {
		return "", fmt.Errorf("failed to make the directory %q: %w", path, err)
	}
	return Resolve(dir, path)
}

// Lock makes the directories of a tree read-only, for everyone but root.
func Lock(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			err = os.Chmod(path, 0o555)
		}
		return err
	})
}
