// Package rootfs lays out the file systems of images in directories: each layer is
// unpacked once, and each container has a tree of its own made of links to the layers.
package rootfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"ecsctl/sandbox/internal/ecr"
)

// Cache keeps unpacked layers, below a directory that is made with the first of them.
// The zero value is ready.
type Cache struct {
	mu     sync.Mutex
	dir    string
	closed bool
	layers map[string]*layer // by digest
	count  int               // of trees made
}

// layer is unpacked by whoever needs it first.
type layer struct {
	mu    sync.Mutex
	ready bool
	dir   string
	gone  []whiteout
}

// Tree makes the file system of an image, for one container. The files in it are shared
// with other trees and cannot be written; directories and new files are its own.
func (c *Cache) Tree(layers []ecr.Layer) (string, error) {
	dir, err := c.newTree()
	if err != nil {
		return "", err
	}
	for _, l := range layers {
		unpacked, err := c.layer(l)
		if err == nil {
			err = unpacked.addTo(dir)
		}
		if err != nil {
			return "", errors.Join(fmt.Errorf("failed to extract layer %s: %w", l.Digest, err), Remove(dir))
		}
	}
	return dir, nil
}

// base is the directory of all; c.mu is held.
func (c *Cache) base() (string, error) {
	if c.closed {
		return "", errors.New("the sandbox is closed")
	}
	if c.dir == "" {
		dir, err := os.MkdirTemp("", "ecsctl-sandbox-images-")
		if err != nil {
			return "", fmt.Errorf("failed to make a folder for images: %w", err)
		}
		// Temporary folders are links on some systems; trees are compared by path.
		if c.dir, err = filepath.EvalSymlinks(dir); err != nil {
			return "", fmt.Errorf("failed to find the folder for images: %w", err)
		}
	}
	return c.dir, nil
}

func (c *Cache) newTree() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	base, err := c.base()
	if err != nil {
		return "", err
	}
	c.count++
	dir := filepath.Join(base, fmt.Sprintf("container-%d", c.count))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", fmt.Errorf("failed to make a container's folder: %w", err)
	}
	return dir, nil
}

// layer unpacks a layer, unless that was done already; one that failed is tried again.
func (c *Cache) layer(l ecr.Layer) (*layer, error) {
	entry, err := c.entry(l.Digest)
	if err != nil {
		return nil, err
	}
	entry.mu.Lock()
	defer entry.mu.Unlock()
	if entry.ready {
		return entry, nil
	}
	if err := os.Mkdir(entry.dir, 0o755); err != nil {
		return nil, fmt.Errorf("failed to make a layer's folder: %w", err)
	}
	if entry.gone, err = unpack(l, entry.dir); err != nil {
		return nil, errors.Join(err, Remove(entry.dir))
	}
	entry.ready = true
	return entry, nil
}

func (c *Cache) entry(digest string) (*layer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	base, err := c.base()
	if err != nil {
		return nil, err
	}
	if c.layers == nil {
		c.layers = map[string]*layer{}
	}
	if c.layers[digest] == nil {
		c.layers[digest] = &layer{dir: filepath.Join(base, "layer-"+strings.TrimPrefix(digest, "sha256:"))}
	}
	return c.layers[digest], nil
}

// Close removes everything.
func (c *Cache) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.dir == "" {
		return nil
	}
	return Remove(c.dir)
}

// Remove takes a tree away, the directories included that may not be written.
func Remove(dir string) error {
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			err = os.Chmod(path, 0o700)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a process that is ending has removed it
		}
		return err
	})
	if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
		return fmt.Errorf("failed to remove the folder %q: %w", dir, err)
	}
	return nil
}
