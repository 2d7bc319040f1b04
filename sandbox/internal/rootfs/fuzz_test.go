package rootfs

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// FuzzLayer: no layer writes outside its folder.
func FuzzLayer(f *testing.F) {
	for _, entries := range [][]tar.Header{
		{{Name: "a/b", Typeflag: tar.TypeReg}, {Name: "../../etc", Typeflag: tar.TypeSymlink, Linkname: "/etc"}},
		{{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "../.."}, {Name: "l/x", Typeflag: tar.TypeReg}},
		{{Name: "h", Typeflag: tar.TypeLink, Linkname: "../../outside"}, {Name: "a/.wh.b", Typeflag: tar.TypeReg}},
	} {
		var out bytes.Buffer
		w := tar.NewWriter(&out)
		for _, h := range entries {
			if err := w.WriteHeader(&h); err != nil {
				f.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			f.Fatal(err)
		}
		f.Add(out.Bytes())
	}
	f.Fuzz(func(t *testing.T, archive []byte) {
		if len(archive) > 64<<10 {
			return
		}
		parent := t.TempDir()
		dir := filepath.Join(parent, "layer")
		if err := errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(filepath.Join(parent, "outside"), []byte("x"),
			0o644)); err != nil {
			t.Fatal(err)
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		u := unpacker{root: root, archive: tar.NewReader(bytes.NewReader(archive)), left: 1 << 20, entries: 100}
		_ = u.all()
		if beside, err := os.ReadDir(parent); err != nil || len(beside) != 2 {
			t.Errorf("the layer left its folder: %v %v", beside, err)
		}
		if raw, err := os.ReadFile(filepath.Join(parent, "outside")); err != nil || string(raw) != "x" {
			t.Errorf("the layer changed a file outside: %q %v", raw, err)
		}
		_, _ = decompress(io.LimitReader(bytes.NewReader(archive), 1<<20))
	})
}
