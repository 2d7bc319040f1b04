package image_test

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"ecsctl/image"
	"ecsctl/internal/hint"
	"ecsctl/internal/testkit/tinyprogram"
)

func tiny(t *testing.T, architecture string) *image.Binary {
	t.Helper()
	build := tinyprogram.AMD64
	if architecture == image.ARM64 {
		build = tinyprogram.ARM64
	}
	content, err := build()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ecsctl")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	binary, err := image.ReadBinary(path)
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

func built(t *testing.T, binaries ...*image.Binary) *image.Image {
	t.Helper()
	made, err := image.Build(binaries...)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// saved is the image for one architecture as others read it from an OCI layout.
func saved(t *testing.T, made *image.Image) v1.Image {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "layout")
	if err := made.SaveLayout(dir, "ecsctl:test"); err != nil {
		t.Fatal(err)
	}
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	got, err := index.Image(manifest.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestImageIsWhatECSRuns(t *testing.T) {
	t.Parallel()
	for _, architecture := range []string{image.AMD64, image.ARM64} {
		made := built(t, tiny(t, architecture))
		got := saved(t, made)
		if err := validate.Image(got); err != nil {
			t.Errorf("%s: %v", architecture, err)
		}
		digest, err := got.Digest()
		if err != nil || digest != made.Digest {
			t.Errorf("%s: digest %s %v, want %s", architecture, digest, err, made.Digest)
		}
		config, err := got.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		labels := config.Config.Labels
		config.Config.Labels = nil
		want := v1.Config{User: "65532:65532", WorkingDir: "/", Entrypoint: []string{"/ecsctl"},
			Env: []string{"PATH=/", "HOME=/tmp"}}
		if diff := cmp.Diff(want, config.Config); diff != "" {
			t.Errorf("%s: configuration (-want +got):\n%s", architecture, diff)
		}
		if config.OS != "linux" || config.Architecture != architecture {
			t.Errorf("platform %s/%s, want linux/%s", config.OS, config.Architecture, architecture)
		}
		if labels["org.opencontainers.image.title"] != "ecsctl" || labels["org.opencontainers.image.version"] == "" {
			t.Errorf("labels %v", labels)
		}
	}
}

func TestLayerHoldsTheBinaryAndNoShell(t *testing.T) {
	t.Parallel()
	binary := tiny(t, image.AMD64)
	layers, err := saved(t, built(t, binary)).Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("%d layers, %v", len(layers), err)
	}
	unpacked, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer unpacked.Close()
	content, err := os.ReadFile(binary.Path)
	if err != nil {
		t.Fatal(err)
	}
	modes := map[string]int64{}
	for r := tar.NewReader(unpacked); ; {
		header, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		modes[header.Name] = header.Mode
		if header.Uid != 0 || header.Gid != 0 || header.ModTime.Unix() != 0 {
			t.Errorf("%s has owner %d:%d, time %s", header.Name, header.Uid, header.Gid, header.ModTime)
		}
		if got, err := io.ReadAll(r); header.Name == "ecsctl" && (err != nil || !bytes.Equal(got, content)) {
			t.Errorf("the binary in the layer is another: %v", err)
		}
	}
	want := map[string]int64{"ecsctl": 0o755, "etc/": 0o755, "etc/group": 0o644, "etc/passwd": 0o644, "tmp/": 0o1777}
	if !maps.Equal(modes, want) {
		t.Errorf("layer %v, want %v", modes, want)
	}
}

func TestSameBinarySameDigest(t *testing.T) {
	t.Parallel()
	binary := tiny(t, image.AMD64)
	content, err := os.ReadFile(binary.Path)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(t.TempDir(), "another-name")
	if err := os.WriteFile(elsewhere, content, 0o600); err != nil {
		t.Fatal(err)
	}
	copied, err := image.ReadBinary(elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	first, second := built(t, binary), built(t, copied)
	if first.Digest != second.Digest || image.Tag(binary) != image.Tag(copied) {
		t.Errorf("digests %s and %s, tags %s and %s", first.Digest, second.Digest, image.Tag(binary), image.Tag(copied))
	}
	// What follows an ELF file's last section changes nothing but the content.
	if err := os.WriteFile(elsewhere, append(content, 0), 0o600); err != nil {
		t.Fatal(err)
	}
	other, err := image.ReadBinary(elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	if built(t, other).Digest == first.Digest || image.Tag(other) == image.Tag(binary) {
		t.Error("another binary has the same digest or tag")
	}
}

func TestIndexHasBothArchitectures(t *testing.T) {
	t.Parallel()
	amd, arm := tiny(t, image.AMD64), tiny(t, image.ARM64)
	made := built(t, arm, amd)
	dir := filepath.Join(t.TempDir(), "layout")
	if err := made.SaveLayout(dir, "ecsctl:test"); err != nil {
		t.Fatal(err)
	}
	top, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	index, err := top.ImageIndex(made.Digest)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var platforms []string
	for _, m := range manifest.Manifests {
		platforms = append(platforms, m.Platform.String())
	}
	if want := []string{"linux/amd64", "linux/arm64"}; !slices.Equal(platforms, want) {
		t.Errorf("platforms %v, want %v", platforms, want)
	}
	if _, err := image.Build(amd, amd); err == nil || !strings.Contains(err.Error(), "two binaries are for amd64") {
		t.Errorf("two of the same architecture: %v", err)
	}
	if err := made.SaveLayout(dir, "ecsctl:test"); err == nil {
		t.Error("a layout was written over another")
	}
	if err := made.SaveFile(filepath.Join(dir, "both.tar"), "ecsctl:test"); err == nil {
		t.Error("a file for docker load holds two architectures")
	}
}

func TestFileIsForDockerAndOCI(t *testing.T) {
	t.Parallel()
	made := built(t, tiny(t, image.ARM64))
	file := filepath.Join(t.TempDir(), "ecsctl.tar")
	if err := made.SaveFile(file, "ecsctl:test"); err != nil {
		t.Fatal(err)
	}
	docker, err := tarball.ImageFromPath(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(docker); err != nil {
		t.Error(err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for r := tar.NewReader(bytes.NewReader(raw)); ; {
		header, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, header.Name)
	}
	for _, want := range []string{"oci-layout", "index.json", "manifest.json", "blobs/sha256/" + made.Digest.Hex} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not among %v", want, names)
		}
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(file), ".ecsctl-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %v %v", left, err)
	}
}

func TestRefusesWhatCannotRun(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(tiny(t, image.AMD64).Path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	changed := func(change func(raw []byte)) []byte {
		raw := bytes.Clone(content)
		change(raw)
		return raw
	}
	const machineAt, headersAt = 18, 32 // e_machine and e_phoff (elf(5))
	for want, raw := range map[string][]byte{
		"a program for Windows (PE)":   []byte("MZ\x90\x00"),
		"a program for macOS (Mach-O)": []byte("\xcf\xfa\xed\xfe\x0c\x00\x00\x01"),
		"no program for Linux":         []byte("hello"),
		"the architecture EM_RISCV": changed(func(raw []byte) {
			binary.LittleEndian.PutUint16(raw[machineAt:], uint16(elf.EM_RISCV))
		}),
		"it is linked dynamically": changed(func(raw []byte) {
			raw[binary.LittleEndian.Uint64(raw[headersAt:])] = byte(elf.PT_INTERP)
		}),
		"it is not ecsctl":              changed(func(raw []byte) { forgetBuildInfo(t, file, raw) }),
		"for another system than Linux": changed(func(raw []byte) { raw[elf.EI_OSABI] = byte(elf.ELFOSABI_FREEBSD) }),
	} {
		path := filepath.Join(t.TempDir(), "program")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := image.ReadBinary(path)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
			continue
		}
		if hints := strings.Join(hint.Of(err), "\n"); !strings.Contains(hints, "--binary") ||
			!strings.Contains(hints, "linux_arm64.tar.gz") {
			t.Errorf("%q: hints %q", want, hints)
		}
	}
	if _, err := image.ReadBinary(filepath.Join(t.TempDir(), "none")); err == nil || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func forgetBuildInfo(t *testing.T, file *elf.File, raw []byte) {
	t.Helper()
	section := file.Section(".go.buildinfo")
	if section == nil {
		t.Fatal("the tiny program has no build info")
	}
	clear(raw[section.Offset : section.Offset+section.FileSize])
}
