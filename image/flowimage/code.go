package flowimage

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// File is one of the code, by its path below the project's folder.
type File struct {
	Path string `json:"path"`
	Size int64  `json:"size"`

	source, link string
}

// ListCode lists what of a folder goes into the image, and what it warns of.
func ListCode(dir string) (files []File, warnings []string, err error) {
	rules, err := readIgnore(dir)
	if err != nil {
		return nil, nil, err
	}
	l := &lister{dir: dir, rules: rules}
	if err := filepath.WalkDir(dir, l.visit); err != nil {
		return nil, nil, fmt.Errorf("failed to read the code in %q: %w", dir, err)
	}
	return l.files, l.warnings, nil
}

type lister struct {
	dir      string
	rules    []rule
	files    []File
	warnings []string
}

func (l *lister) visit(path string, d fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(l.dir, path)
	if err != nil || rel == "." {
		return err
	}
	name := filepath.ToSlash(rel)
	out := ignored(l.rules, name)
	if d.IsDir() {
		if out && !mayInclude(l.rules, name) || isEnvironment(path) && !mayInclude(l.rules, name) {
			return fs.SkipDir
		}
		return nil
	}
	if out {
		return nil
	}
	return l.add(path, name, d)
}

// isEnvironment reports whether a folder is a virtual environment, whatever its name.
func isEnvironment(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "pyvenv.cfg"))
	return err == nil
}

func (l *lister) add(path, name string, d fs.DirEntry) error {
	switch {
	case d.Type()&fs.ModeSymlink != 0:
		return l.addLink(path, name)
	case !d.Type().IsRegular():
		l.warnings = append(l.warnings, fmt.Sprintf("%s is neither a file nor a folder: it stays out", name))
		return nil
	}
	info, err := d.Info()
	if err != nil {
		return err
	}
	l.files = append(l.files, File{Path: name, Size: info.Size(), source: path})
	return nil
}

// addLink keeps a link that stays inside the folder; another one would lead nowhere in the image.
func (l *lister) addLink(path, name string) error {
	target, err := os.Readlink(path)
	if err != nil {
		return err
	}
	joined := filepath.Join(filepath.Dir(path), target)
	if rel, err := filepath.Rel(l.dir, joined); filepath.IsAbs(target) || err != nil || rel == ".." ||
		strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		l.warnings = append(l.warnings, fmt.Sprintf("%s is a link to %s, outside of the folder: it stays out", name,
			target))
		return nil
	}
	l.files = append(l.files, File{Path: name, link: filepath.ToSlash(target)})
	return nil
}

func codeEntries(files []File) []entry {
	entries := make([]entry, len(files))
	for i, f := range files {
		entries[i] = entry{name: strings.TrimPrefix(CodeDir, "/") + "/" + f.Path, source: f.source, link: f.link}
	}
	return entries
}
