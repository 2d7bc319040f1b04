package ecr

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// store keeps blobs as files, below a directory that is made with the first of them and
// goes with the sandbox. The same content is kept once, whichever repository has it.
type store struct {
	mu     sync.Mutex
	dir    string
	closed bool
}

var errClosed = errors.New("the registry is closed")

// path of a file in the store; the directory is made if it is not there.
func (s *store) path(name string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return "", errClosed
	}
	if s.dir == "" {
		dir, err := os.MkdirTemp("", "ecsctl-sandbox-registry-")
		if err != nil {
			return "", fmt.Errorf("failed to make a folder for the registry: %w", err)
		}
		s.dir = dir
	}
	return filepath.Join(s.dir, name), nil
}

func blobName(digest string) string { return strings.TrimPrefix(digest, "sha256:") }

// append adds to the file of an upload and returns how much it has now.
func (s *store) append(name string, content io.Reader) (int64, error) {
	path, err := s.path(name)
	if err != nil {
		return 0, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return 0, fmt.Errorf("failed to open an upload: %w", err)
	}
	_, err = io.Copy(file, content)
	size, seekErr := file.Seek(0, io.SeekEnd)
	if err = errors.Join(err, seekErr, file.Close()); err != nil {
		return size, fmt.Errorf("failed to write an upload: %w", err)
	}
	return size, nil
}

// errDigest says that a blob is not what the client says that it is.
var errDigest = errors.New("the content does not have this digest")

// keep makes an upload a blob, if it has the digest.
func (s *store) keep(name, digest string) error {
	path, err := s.path(name)
	if err != nil {
		return err
	}
	is, err := fileDigest(path)
	if err != nil {
		return err
	}
	if is != digest {
		return errDigest
	}
	blob, err := s.path(blobName(digest))
	if err != nil {
		return err
	}
	if err := os.Rename(path, blob); err != nil { // over the same content, perhaps
		return fmt.Errorf("failed to keep blob %q: %w", digest, err)
	}
	return nil
}

func fileDigest(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("failed to open an upload: %w", err)
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", fmt.Errorf("failed to read an upload: %w", err)
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)), nil
}

// drop removes the file of an upload.
func (s *store) drop(name string) error {
	path, err := s.path(name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("failed to remove an upload: %w", err)
	}
	return nil
}

// open reads a blob.
func (s *store) open(digest string) (*os.File, error) {
	path, err := s.path(blobName(digest))
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("failed to open blob %q: %w", digest, err)
	}
	return file, nil
}

func (s *store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.dir == "" {
		return nil
	}
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("failed to remove the registry's folder: %w", err)
	}
	return nil
}
