package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// archiver adds a file to an archive. Times are the epoch: the same content is the same archive.
type archiver interface {
	add(name string, mode int64, content []byte) error
	io.Closer
}

// pack writes files into an archive whose name says its format. The first is the program.
func pack(archive string, files []string) (err error) {
	out, err := os.Create(archive)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	var a archiver = newTarball(out)
	if strings.HasSuffix(archive, ".zip") {
		a = zipped{zip.NewWriter(out)}
	}
	for i, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		mode := int64(0o644)
		if i == 0 {
			mode = 0o755
		}
		if err := a.add(filepath.Base(file), mode, content); err != nil {
			return fmt.Errorf("failed to add %q: %w", file, err)
		}
	}
	return a.Close()
}

type tarball struct {
	tar *tar.Writer
	gz  *gzip.Writer
}

func newTarball(w io.Writer) tarball {
	gz := gzip.NewWriter(w)
	return tarball{tar.NewWriter(gz), gz}
}

func (t tarball) add(name string, mode int64, content []byte) error {
	header := &tar.Header{Name: name, Mode: mode, Size: int64(len(content)), ModTime: time.Unix(0, 0),
		Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
	if err := t.tar.WriteHeader(header); err != nil {
		return err
	}
	_, err := t.tar.Write(content)
	return err
}

// Close implements io.Closer.
func (t tarball) Close() error { return errors.Join(t.tar.Close(), t.gz.Close()) }

type zipped struct{ zip *zip.Writer }

func (z zipped) add(name string, mode int64, content []byte) error {
	header := &zip.FileHeader{Name: name, Method: zip.Deflate}
	header.SetMode(os.FileMode(mode))
	w, err := z.zip.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = w.Write(content)
	return err
}

// Close implements io.Closer.
func (z zipped) Close() error { return z.zip.Close() }
