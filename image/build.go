package image

import (
	"bytes"
	"cmp"
	"debug/buildinfo"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"ecsctl/internal/bounded"
	stamp "ecsctl/internal/buildinfo"
)

// modulePath is that of go.mod: what a binary must be made from.
const modulePath = "ecsctl"

// build is what the Go toolchain wrote into a binary.
type build struct {
	version, revision string
	created           time.Time // of the commit, else the epoch
}

func (b build) String() string {
	if b.revision == "" {
		return "version " + b.version
	}
	return "version " + b.version + " (commit " + b.revision + ")"
}

// readBuild refuses what was not made of this module.
func readBuild(content []byte) (build, error) {
	info, err := buildinfo.Read(bytes.NewReader(content))
	if err != nil || info.Main.Path != modulePath {
		return build{}, errors.New("it is not ecsctl")
	}
	b := build{version: strings.TrimSuffix(cmp.Or(info.Main.Version, "dev"), "+incompatible"),
		created: time.Unix(0, 0).UTC()}
	if b.version == "(devel)" {
		b.version = "dev"
	}
	if s := stamp.FindStamp(content); s.Version != "" {
		b.version, b.revision = s.Version, s.Commit
		if t, err := time.Parse(time.RFC3339, s.Date); err == nil {
			b.created = t.UTC()
		}
		return b, nil
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.revision = setting.Value
		case "vcs.time":
			if t, err := time.Parse(time.RFC3339, setting.Value); err == nil {
				b.created = t.UTC()
			}
		}
	}
	return b, nil
}

// readProgram reads a file, and unpacks it when it is compressed with gzip.
func readProgram(path string) ([]byte, error) {
	content, err := bounded.ReadFile(path, bounded.MaxProgram)
	if err != nil || !bytes.HasPrefix(content, []byte(gzipMagic)) {
		return content, err
	}
	in, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("failed to unpack %q: %w", path, err)
	}
	unpacked, err := bounded.Read(in, bounded.MaxProgram)
	if err != nil {
		return nil, fmt.Errorf("failed to unpack %q: %w", path, err)
	}
	return unpacked, nil
}

const gzipMagic = "\x1f\x8b"
