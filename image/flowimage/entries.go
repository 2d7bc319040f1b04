package flowimage

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// entry is a file of a layer: one on disk, one in memory, or a symbolic link.
type entry struct {
	name    string // in the image, without the leading slash
	source  string // on disk; "" when content or link is given
	content []byte
	link    string
}

// writeEntries writes a tar archive of entries and of the directories above them, sorted by name. Nothing of the
// machine
// goes into it: neither times nor owners, and modes by what a file holds.
func writeEntries(w io.Writer, entries []entry) error {
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	out, made := tar.NewWriter(w), map[string]bool{}
	for _, e := range entries {
		if err := writeParents(out, e.name, made); err != nil {
			return err
		}
		if err := e.write(out); err != nil {
			return fmt.Errorf("failed to pack %q: %w", e.name, err)
		}
	}
	return out.Close()
}

func writeParents(out *tar.Writer, name string, made map[string]bool) error {
	for i, r := range name {
		if r != '/' || made[name[:i]] {
			continue
		}
		made[name[:i]] = true
		if err := out.WriteHeader(header(tar.TypeDir, name[:i+1], 0o755, 0)); err != nil {
			return err
		}
	}
	return nil
}

func header(kind byte, name string, mode, size int64) *tar.Header {
	return &tar.Header{Typeflag: kind, Name: name, Mode: mode, Size: size, ModTime: time.Unix(0, 0)}
}

func (e entry) write(out *tar.Writer) error {
	if e.link != "" {
		h := header(tar.TypeSymlink, e.name, 0o777, 0)
		h.Linkname = e.link
		return out.WriteHeader(h)
	}
	if e.source == "" {
		return writeFile(out, e.name, bytes.NewReader(e.content), int64(len(e.content)))
	}
	file, err := os.Open(e.source)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	return writeFile(out, e.name, file, info.Size())
}

// executable are the first bytes of programs: a script's and an ELF file's. Windows has no mode bits, and the same
// folder
// is to be the same image there.
var executable = [][]byte{[]byte("#!"), []byte("\x7fELF")}

func writeFile(out *tar.Writer, name string, content io.ReadSeeker, size int64) error {
	head := make([]byte, 4)
	n, err := io.ReadFull(content, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && err != io.EOF {
		return err
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return err
	}
	mode := int64(0o644)
	if slices.ContainsFunc(executable, func(magic []byte) bool { return bytes.HasPrefix(head[:n], magic) }) {
		mode = 0o755
	}
	if err := out.WriteHeader(header(tar.TypeReg, name, mode, size)); err != nil {
		return err
	}
	_, err = io.Copy(out, io.LimitReader(content, size)) // tar says so when it has grown shorter
	return err
}
