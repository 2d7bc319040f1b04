package process

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Root is a file system of a container's own: a directory, and what of this machine is seen in it.
type Root struct {
	Dir    string // becomes /
	Mounts []Mount
}

// Mount shows a file or a directory of this machine in a Root, with all that is mounted below it. There is something
// at that path of the Root's directory already.
type Mount struct {
	Path     string // in the Root
	Source   string // on this machine; "" is the same path
	Writable bool
}

func (m Mount) source() string { return cmp.Or(m.Source, m.Path) }

// Shows reports whether a path lies in what is mounted.
func (m Mount) Shows(path string) bool {
	return path == m.Path || strings.HasPrefix(path, m.Path+string(os.PathSeparator))
}

// maxLinks is how many links Linux follows in a path.
const maxLinks = 40

// OnHost is where a path of the container lies on this machine, all links followed as the container does; false when
// it is not there.
func (r *Root) OnHost(path string) (string, bool) {
	at, rest, links := "/", strings.Split(filepath.Clean(path), "/"), 0
	for len(rest) > 0 {
		next := filepath.Join(at, rest[0])
		rest = rest[1:]
		info, err := os.Lstat(r.onHost(next))
		if err != nil {
			return "", false
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			at = next
			continue
		}
		target, err := os.Readlink(r.onHost(next))
		if links++; err != nil || links > maxLinks {
			return "", false
		}
		if filepath.IsAbs(target) {
			at = "/"
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	return r.onHost(at), true
}

func (r *Root) onHost(path string) string {
	for _, m := range r.Mounts {
		if m.Shows(path) {
			return m.source() + path[len(m.Path):]
		}
	}
	return filepath.Join(r.Dir, path)
}
