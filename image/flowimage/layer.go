package flowimage

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// The compressions of layers.
const (
	Zstd = "zstd"
	Gzip = "gzip"
)

// mediaTypes are OCI's for each compression.
var mediaTypes = map[string]types.MediaType{Zstd: types.OCILayerZStd, Gzip: types.OCILayer}

// fileLayer is a layer that lies compressed in a file: it is streamed, never held in memory.
type fileLayer struct {
	Path      string          `json:"-"`
	Hash      v1.Hash         `json:"digest"`
	Diff      v1.Hash         `json:"diffID"`
	Length    int64           `json:"size"`
	Media     types.MediaType `json:"mediaType"`
	Unpacked  int64           `json:"unpacked"`
	FileCount int             `json:"files"`
}

// Digest implements v1.Layer.
func (l *fileLayer) Digest() (v1.Hash, error) { return l.Hash, nil }

// DiffID implements v1.Layer.
func (l *fileLayer) DiffID() (v1.Hash, error) { return l.Diff, nil }

// Size implements v1.Layer.
func (l *fileLayer) Size() (int64, error) { return l.Length, nil }

// MediaType implements v1.Layer.
func (l *fileLayer) MediaType() (types.MediaType, error) { return l.Media, nil }

// Compressed implements v1.Layer.
func (l *fileLayer) Compressed() (io.ReadCloser, error) { return os.Open(l.Path) }

// Uncompressed implements v1.Layer.
func (l *fileLayer) Uncompressed() (io.ReadCloser, error) {
	return nil, errors.New("a layer of a flow image is read compressed")
}

// counter counts and hashes what passes.
type counter struct {
	sum  hash.Hash
	size int64
}

func newCounter() *counter { return &counter{sum: sha256.New()} }

// Write implements io.Writer.
func (c *counter) Write(p []byte) (int, error) {
	c.size += int64(len(p))
	return c.sum.Write(p)
}

func (c *counter) digest() v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(c.sum.Sum(nil))}
}

// packLayer writes entries, compressed, into a new file of dir that bears the digest's name.
func packLayer(dir, compression string, entries []entry) (_ *fileLayer, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("failed to make the folder for layers: %w", err)
	}
	file, err := os.CreateTemp(dir, "packing-*")
	if err != nil {
		return nil, fmt.Errorf("failed to make a file for the layer: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close(), os.Remove(file.Name()))
		}
	}()
	buffered, packed, plain := bufio.NewWriterSize(file, 1<<16), newCounter(), newCounter()
	compressor, err := newCompressor(io.MultiWriter(buffered, packed), compression)
	if err != nil {
		return nil, err
	}
	if err := writeEntries(io.MultiWriter(compressor, plain), entries); err != nil {
		return nil, err
	}
	if err := errors.Join(compressor.Close(), buffered.Flush()); err != nil {
		return nil, fmt.Errorf("failed to write the layer %q: %w", file.Name(), err)
	}
	layer := &fileLayer{
		Hash: packed.digest(), Diff: plain.digest(), Length: packed.size, Media: mediaTypes[compression],
		Unpacked: plain.size, FileCount: len(entries),
	}
	layer.Path = filepath.Join(dir, layer.Hash.Hex)
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("failed to write the layer %q: %w", file.Name(), err)
	}
	if err := os.Rename(file.Name(), layer.Path); err != nil {
		return nil, fmt.Errorf("failed to keep the layer: %w", err)
	}
	return layer, nil
}

// newCompressor has a window of 4 MB, so that memory stays small. Of zstd's two goroutines one
// finds what repeats and the other writes it: the result does not depend on their number, nor on that of processors.
func newCompressor(w io.Writer, compression string) (io.WriteCloser, error) {
	if compression == Gzip {
		return gzip.NewWriterLevel(w, gzip.DefaultCompression)
	}
	return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedBetterCompression), zstd.WithEncoderConcurrency(2),
		zstd.WithWindowSize(4<<20))
}
