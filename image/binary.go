package image

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"

	"ecsctl/internal/bounded"
	"ecsctl/internal/hint"
)

// The architectures of images, in the words of OCI and Go.
const (
	AMD64 = "amd64"
	ARM64 = "arm64"
)

// modulePath is that of go.mod: what a binary must be made from.
const modulePath = "ecsctl"

// Binary is an ecsctl for Linux, ready to be put into an image.
type Binary struct {
	// Path is where it was read from.
	Path string
	// Architecture is AMD64 or ARM64.
	Architecture string
	// Version and Revision are what the Go toolchain wrote into it: the module's
	// version, "dev" when there is none, and the commit, if any.
	Version, Revision string
	// Created is the time of the commit, else the epoch: never the time of the build.
	Created time.Time

	content []byte
	sum     [sha256.Size]byte
}

// ReadBinary reads the ecsctl at path. What cannot run in an image of its own is
// refused: another operating system, another architecture, a binary that needs a C
// library, another program.
func ReadBinary(path string) (*Binary, error) {
	content, err := bounded.ReadFile(path, bounded.MaxProgram)
	if err != nil {
		return nil, fmt.Errorf("failed to read the binary for the image: %w", err)
	}
	architecture, err := checkExecutable(content)
	if err != nil {
		return nil, adviseRelease(fmt.Errorf("%q cannot be put into an image: %w", path, err))
	}
	info, err := buildinfo.Read(bytes.NewReader(content))
	if err != nil || info.Main.Path != modulePath {
		return nil, adviseRelease(fmt.Errorf("%q cannot be put into an image: it is not ecsctl", path))
	}
	b := &Binary{Path: path, Architecture: architecture, content: content, sum: sha256.Sum256(content), Created: time.Unix(0, 0).UTC()}
	b.Version = strings.TrimSuffix(cmp.Or(info.Main.Version, "dev"), "+incompatible")
	if b.Version == "(devel)" {
		b.Version = "dev"
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Revision = setting.Value
		case "vcs.time":
			if t, err := time.Parse(time.RFC3339, setting.Value); err == nil {
				b.Created = t.UTC()
			}
		}
	}
	return b, nil
}

// adviseRelease says which file does.
func adviseRelease(err error) error {
	return hint.Add(err, "give a release's ecsctl for linux/amd64 or linux/arm64 with --binary: it is in ecsctl_VERSION_linux_amd64.tar.gz and ecsctl_VERSION_linux_arm64.tar.gz",
		"or make one: CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -trimpath -o FILE .")
}

// format changes when the image made from the same binary does.
const format = "1"

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
	return version + "-" + hex.EncodeToString(hash.Sum(nil))[:32]
}
