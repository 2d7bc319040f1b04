package rootfs

import (
	"archive/tar"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"ecsctl/internal/executable"
	"ecsctl/sandbox/internal/ecr"
)

// The marks of the OCI layer format for what a layer takes away from those below.
const (
	whiteoutPrefix = ".wh."
	whiteoutOpaque = ".wh..wh..opq"
)

// maxLayer is how large a layer may be when it is unpacked: Fargate has 20 GB for all
// of a task unless it is given more.
const maxLayer = 20 << 30

// maxEntries is how many files a layer may have: each takes an inode, however small it is.
const maxEntries = 1_000_000

var errTooLarge = errors.New("the layer is larger than a task's storage")

// whiteout takes away a path of the layers below; an opaque one all that is in it.
type whiteout struct {
	path   string
	opaque bool
}

// unpack writes a layer's files below dir, which os.Root does not let it leave.
func unpack(l ecr.Layer, dir string) ([]whiteout, error) {
	blob, err := l.Open()
	if err != nil {
		return nil, err
	}
	defer blob.Close()
	content, err := decompress(blob)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("failed to open a layer's folder: %w", err)
	}
	defer root.Close()
	sum := sha256.New()
	limited := &io.LimitedReader{R: io.TeeReader(content, sum), N: maxLayer}
	u := unpacker{root: root, archive: tar.NewReader(limited), left: maxLayer, entries: maxEntries}
	if err := u.all(); err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, limited); err != nil { // what stands behind the archive's end counts too
		return nil, fmt.Errorf("failed to read the layer: %w", err)
	}
	if limited.N == 0 {
		return nil, errTooLarge
	}
	if is := "sha256:" + hex.EncodeToString(sum.Sum(nil)); is != l.DiffID {
		return nil, fmt.Errorf("wrong diff id calculated on extraction %q", is)
	}
	return u.gone, nil
}

// decompress goes by the content, as container runtimes do.
func decompress(blob io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(blob)
	head, err := buffered.Peek(4)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("failed to read the layer: %w", err)
	}
	switch {
	case strings.HasPrefix(string(head), "\x1f\x8b"):
		return gzip.NewReader(buffered)
	case strings.HasPrefix(string(head), "\x28\xb5\x2f\xfd"):
		return newZstdReader(buffered)
	default:
		return buffered, nil
	}
}

// newZstdReader has one goroutine, which ends with the layer.
func newZstdReader(in io.Reader) (io.Reader, error) {
	decoder, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("failed to read the layer: %w", err)
	}
	return decoder, nil
}

type unpacker struct {
	root    *os.Root
	archive *tar.Reader
	gone    []whiteout
	left    int64 // what files may still take: sparse ones take more than they have in the archive
	entries int
}

func (u *unpacker) all() error {
	for {
		header, err := u.archive.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("failed to read the layer: %w", err)
		}
		name := inside(header.Name)
		if name == "." {
			continue
		}
		if err := u.entry(name, header); err != nil {
			return fmt.Errorf("failed to extract %q: %w", header.Name, err)
		}
	}
}

// inside makes a path of an archive one below its root, wherever it points.
func inside(name string) string {
	clean := path.Clean("/" + name)[1:]
	if clean == "" {
		return "."
	}
	return clean
}

func (u *unpacker) entry(name string, header *tar.Header) error {
	u.entries--
	if u.left -= header.Size; u.left < 0 || u.entries < 0 {
		return errTooLarge
	}
	parent, base := path.Dir(name), path.Base(name)
	if hidden, ok := strings.CutPrefix(base, whiteoutPrefix); ok {
		if base == whiteoutOpaque {
			u.gone = append(u.gone, whiteout{path: parent, opaque: true})
		} else {
			u.gone = append(u.gone, whiteout{path: path.Join(parent, hidden)})
		}
		return nil
	}
	if err := u.root.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	if header.Typeflag == tar.TypeDir {
		return u.root.MkdirAll(name, 0o755)
	}
	if err := u.root.RemoveAll(name); err != nil { // a later entry of the same name wins
		return err
	}
	switch header.Typeflag {
	case tar.TypeReg:
		return u.file(name, header)
	case tar.TypeSymlink:
		return u.root.Symlink(relative(name, header.Linkname), name)
	case tar.TypeLink:
		return u.root.Link(inside(header.Linkname), name)
	default:
		return fmt.Errorf("the ecsctl sandbox does not implement files of the type %q in layers", header.Typeflag)
	}
}

// file is not writable: it is shared by all containers of the image.
func (u *unpacker) file(name string, header *tar.Header) error {
	defer executable.Writing()()
	file, err := u.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, u.archive)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return u.root.Chmod(name, header.FileInfo().Mode().Perm()&^0o222|0o400)
}

// relative is where a link leads to as seen from its own directory. Nothing is mounted
// at the container's root, so an absolute link would lead out of it, to the machine's own file.
func relative(name, target string) string {
	from := "/" + path.Dir(name)
	if !path.IsAbs(target) {
		target = path.Join(from, target)
	}
	to, err := filepath.Rel(from, path.Clean(target))
	if err != nil {
		return target // cannot be: both are absolute
	}
	return filepath.ToSlash(to)
}
