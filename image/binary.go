package image

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"ecsctl/internal/hint"
)

// The architectures of images, in the words of OCI and Go.
const (
	AMD64 = "amd64"
	ARM64 = "arm64"
)

// Binary is an ecsctl for Linux, ready to be put into an image.
type Binary struct {
	// Path is where it was read from.
	Path string
	// Architecture is AMD64 or ARM64.
	Architecture string
	// Version and Revision are what the build wrote into it: the module's
	// version, "dev" when there is none, and the commit, if any.
	Version, Revision string
	// Created is the time of the commit, else the epoch: never the time of the build.
	Created time.Time

	content []byte
	sum     [sha256.Size]byte
	shipped []entry                // programs of workers beside it
	layer   func() (*layer, error) // packs the content at the first call
}

func (b *Binary) build() build { return build{b.Version, b.Revision, b.Created} }

// ReadBinary reads the ecsctl, or the worker-only program, at path; it may be compressed
// with gzip. What cannot run in an image of its own is refused: another operating system,
// another architecture, a binary that needs a C library, another program.
func ReadBinary(path string) (*Binary, error) {
	content, err := readProgram(path)
	if err != nil {
		return nil, fmt.Errorf("failed to read the binary for the image: %w", err)
	}
	architecture, err := checkExecutable(content)
	if err != nil {
		return nil, adviseRelease(fmt.Errorf("%q cannot be put into an image: %w", path, err))
	}
	made, err := readBuild(content)
	if err != nil {
		return nil, adviseRelease(fmt.Errorf("%q cannot be put into an image: %w", path, err))
	}
	return &Binary{
		Path: path, Architecture: architecture, Version: made.version, Revision: made.revision, Created: made.created,
		content: content, sum: sha256.Sum256(content),
		layer: sync.OnceValues(func() (*layer, error) { return newLayer(content) }),
	}, nil
}

// adviseRelease says which file does.
func adviseRelease(err error) error {
	return hint.Add(err, "give a release's ecsctl for linux/amd64 or linux/arm64 with --binary: it is in "+
		"ecsctl_VERSION_linux_amd64.tar.gz and ecsctl_VERSION_linux_arm64.tar.gz",
		"or make one: CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -trimpath -o FILE .")
}

// format changes when the image made from the same binary does.
const format = "2"

// sumInTag is how many digits of the content's checksum a tag has: enough to tell the images of a repository apart, and
// few enough for a line of a plan in a narrow window.
const sumInTag = 12

// maxVersionInTag leaves room in the 128 characters that a tag may have.
const maxVersionInTag = 64

var unsafeInTag = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// Tag names the image made from binaries, one for each architecture, before it is
// made: version and content. Equal binaries have equal tags, different ones different.
func Tag(binaries ...*Binary) string {
	hash := sha256.New()
	hash.Write([]byte(format))
	for _, b := range binaries {
		hash.Write(b.sum[:])
	}
	version := unsafeInTag.ReplaceAllString(binaries[0].Version, "-")
	version = strings.TrimLeft(version[:min(len(version), maxVersionInTag)], ".-")
	return version + "-" + hex.EncodeToString(hash.Sum(nil))[:sumInTag]
}
