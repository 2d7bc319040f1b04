package image_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"debug/buildinfo"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ecsctl/image"
	"ecsctl/internal/hint"
)

// install lays out what a package installs: the program in bin, and workers, by their
// path from there.
func install(t *testing.T, program []byte, workers map[string][]byte) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "bin")
	files := map[string][]byte{"ecsctl": program}
	for name, content := range workers {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		files[name] = packed.Bytes()
	}
	for name, content := range files {
		file := filepath.Join(bin, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(bin, "ecsctl")
}

func contentOf(t *testing.T, binary *image.Binary) []byte {
	t.Helper()
	content, err := os.ReadFile(binary.Path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// ofAnotherVersion changes the version that the Go toolchain wrote into a program.
func ofAnotherVersion(t *testing.T, content []byte) []byte {
	t.Helper()
	info, err := buildinfo.Read(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	// It stands there twice: where the file is read, and where the program reads it.
	other := strings.Repeat("9", len(info.Main.Version))
	return bytes.ReplaceAll(content, []byte("mod\tecsctl\t"+info.Main.Version), []byte("mod\tecsctl\t"+other))
}

func TestOwn(t *testing.T) {
	t.Parallel()
	amd64, arm64 := tiny(t, image.AMD64), tiny(t, image.ARM64)
	program := contentOf(t, amd64)
	inShare := "../share/ecsctl/" + image.ShippedName(image.ARM64)
	for name, test := range map[string]struct {
		workers map[string][]byte
		want    string // "" for the program itself
	}{
		"from source": {},
		"of an archive": {map[string][]byte{image.ShippedName(image.ARM64): contentOf(t, arm64)},
			image.ShippedName(image.ARM64)},
		"of a package":    {map[string][]byte{inShare: contentOf(t, arm64)}, inShare},
		"another's alone": {map[string][]byte{image.ShippedName(image.AMD64): program}, ""},
		"beside before share": {map[string][]byte{
			inShare: program, image.ShippedName(image.ARM64): contentOf(t, arm64),
		}, image.ShippedName(image.ARM64)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := install(t, program, test.workers)
			link := filepath.Join(t.TempDir(), "ecsctl")
			if err := os.Symlink(path, link); err != nil {
				t.Fatal(err)
			}
			for _, called := range []string{path, link} {
				want := called
				if test.want != "" {
					want = filepath.Join(filepath.Dir(path), test.want)
				}
				got, err := image.Own(called, image.ARM64)
				if err != nil || got != want {
					t.Errorf("got %q, %v, want %q", got, err, want)
				}
			}
		})
	}
	path := install(t, program, map[string][]byte{inShare: ofAnotherVersion(t, contentOf(t, arm64))})
	_, err := image.Own(path, image.ARM64)
	if err == nil || !strings.Contains(err.Error(), "and this ecsctl of version") || len(hint.Of(err)) == 0 {
		t.Errorf("a worker of another version: %v", err)
	}
}

// A compressed program makes the very image of the plain one.
func TestReadCompressed(t *testing.T) {
	t.Parallel()
	plain := tiny(t, image.AMD64)
	content := contentOf(t, plain)
	path := install(t, content, map[string][]byte{
		"packed.gz": content, "twice.gz": gzipped(t, content), "archive.gz": tarOf(t, content),
	})
	packed, err := image.ReadBinary(filepath.Join(filepath.Dir(path), "packed.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if image.Tag(packed) != image.Tag(plain) {
		t.Errorf("tags %s and %s", image.Tag(packed), image.Tag(plain))
	}
	for file, want := range map[string]string{
		"twice.gz": "a compressed file in a compressed file", "archive.gz": "an archive",
	} {
		if _, err := image.ReadBinary(filepath.Join(filepath.Dir(path), file)); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func gzipped(t *testing.T, content []byte) []byte {
	t.Helper()
	path := install(t, nil, map[string][]byte{"packed.gz": content})
	packed, err := os.ReadFile(filepath.Join(filepath.Dir(path), "packed.gz"))
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

func tarOf(t *testing.T, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	if err := w.WriteHeader(&tar.Header{
		Name: "ecsctl", Mode: 0o755, Size: int64(len(content)), Format: tar.FormatUSTAR,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// An image with workers beside the program has them where the program finds them.
func TestShip(t *testing.T) {
	t.Parallel()
	plain, shipping := tiny(t, image.AMD64), tiny(t, image.AMD64)
	path := install(t, contentOf(t, plain),
		map[string][]byte{image.ShippedName(image.ARM64): contentOf(t, tiny(t, image.ARM64))})
	if err := shipping.Ship(filepath.Join(filepath.Dir(path), image.ShippedName(image.ARM64))); err != nil {
		t.Fatal(err)
	}
	if image.Tag(plain) == image.Tag(shipping) || built(t, plain).Digest == built(t, shipping).Digest {
		t.Error("the image without workers has the same tag or digest")
	}
	root := filepath.Join(t.TempDir(), "root")
	layers, err := saved(t, built(t, shipping)).Layers()
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer unpacked.Close()
	for r := tar.NewReader(unpacked); ; {
		header, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.FileInfo().IsDir() {
			continue
		}
		content, err := io.ReadAll(r)
		file := filepath.Join(root, header.Name)
		err = errors.Join(err, os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, content, 0o600))
		if err != nil {
			t.Fatal(err)
		}
	}
	// The program is in the root, whose parent is the root itself.
	if err := os.Symlink("root", filepath.Join(filepath.Dir(root), "bin")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("root/share", filepath.Join(filepath.Dir(root), "share")); err != nil {
		t.Fatal(err)
	}
	got, err := image.Own(filepath.Join(filepath.Dir(root), "bin", "ecsctl"), image.ARM64)
	if err != nil || filepath.Base(got) != image.ShippedName(image.ARM64) {
		t.Errorf("got %q, %v", got, err)
	}
	if err := shipping.Ship("nowhere.gz"); err == nil {
		t.Error("a program that is not there is shipped")
	}
}
