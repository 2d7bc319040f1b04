package ecs

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ecsctl/sandbox/internal/process"
)

// systemDirs are what programs of this machine need of it, wherever they lie themselves.
var systemDirs = []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store"}

// systemFiles are what their libraries read. The rest of /etc is this machine's own.
var systemFiles = []string{
	"/etc/alternatives", "/etc/ca-certificates", "/etc/group", "/etc/ld.so.cache", "/etc/ld.so.conf",
	"/etc/ld.so.conf.d", "/etc/localtime", "/etc/mime.types", "/etc/nsswitch.conf", "/etc/passwd", "/etc/pki",
	"/etc/protocols", "/etc/services", "/etc/ssl", "/etc/static",
}

// maxLinks bounds how far links and interpreters are followed.
const maxLinks = 40

// addStandIn shows a directory that plays an image: the system, and what its programs consist of. Folders of users and
// of projects are not among it.
func (v *view) addStandIn(dir string) {
	for _, path := range systemDirs {
		v.addWithLink(path)
	}
	for _, path := range systemFiles {
		v.add(path)
	}
	if slices.ContainsFunc(systemDirs, func(path string) bool { return process.Mount{Path: path}.Shows(dir) }) {
		return
	}
	v.addPrefix(dir, dir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // then it has no programs
	}
	for _, entry := range entries {
		v.addProgram(filepath.Join(dir, entry.Name()))
	}
}

// addProgram shows a program, what it is a link to, and what interprets it.
func (v *view) addProgram(program string) {
	for range maxLinks {
		v.addPrefix(program, filepath.Dir(program))
		next, err := os.Readlink(program)
		if err != nil {
			next = interpreter(program)
		} else if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(program), next)
		}
		if next == "" {
			return
		}
		program = next
	}
}

// addPrefix shows all of a Python installation or environment whose programs are in dir, else the path alone.
func (v *view) addPrefix(path, dir string) {
	if v.covers(path) {
		return
	}
	prefix := filepath.Dir(dir)
	if filepath.Base(dir) != "bin" || !isPython(prefix) {
		v.add(path)
		return
	}
	v.add(prefix)
	if real, err := filepath.EvalSymlinks(prefix); err == nil {
		v.add(real)
	}
	if home := setting(filepath.Join(prefix, "pyvenv.cfg"), "home"); home != "" {
		v.addPrefix(home, home)
	}
}

// isPython knows environments of venv and conda, and what they are made from.
func isPython(prefix string) bool {
	for _, sign := range []string{"pyvenv.cfg", "conda-meta", "lib/python3*"} {
		if found, err := filepath.Glob(filepath.Join(prefix, sign)); err == nil && len(found) > 0 {
			return true
		}
	}
	return false
}

// setting reads a line "name = value"; "" when there is none.
func setting(file, name string) string {
	content, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(content)) {
		if key, value, ok := strings.Cut(line, "="); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// interpreter is what the first line of a script names; "" for other files.
func interpreter(path string) string {
	if !process.IsProgram(path) {
		return ""
	}
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	line, err := bufio.NewReaderSize(file, 256).ReadSlice('\n')
	if err != nil {
		return ""
	}
	command, ok := strings.CutPrefix(string(line), "#!")
	fields := strings.Fields(command)
	if !ok || len(fields) == 0 {
		return ""
	}
	return fields[0]
}
