package rootfs

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"ecsctl/sandbox/internal/ecr"
)

func file(name, content string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o755, Linkname: content}
}

func dir(name string) tar.Header { return tar.Header{Name: name, Typeflag: tar.TypeDir, Mode: 0o755} }

func symlink(name, target string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: target}
}

func hardLink(name, target string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeLink, Linkname: target}
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// layerOf packs entries; a file's content is in its Linkname.
func layerOf(t *testing.T, entries ...tar.Header) ecr.Layer {
	t.Helper()
	var plain, packed bytes.Buffer
	w := tar.NewWriter(&plain)
	for _, h := range entries {
		content := ""
		if h.Typeflag == tar.TypeReg {
			content, h.Linkname = h.Linkname, ""
			h.Size = int64(len(content))
		}
		_, err := io.WriteString(headed{w, t, h}, content)
		check(t, err)
	}
	check(t, w.Close())
	z := gzip.NewWriter(&packed)
	_, err := z.Write(plain.Bytes())
	check(t, errors.Join(err, z.Close()))
	return ecr.Layer{Digest: digestOf(packed.Bytes()), DiffID: digestOf(plain.Bytes()),
		Open: func() (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(packed.Bytes())), nil
		}}
}

// headed writes a header before the first content.
type headed struct {
	w *tar.Writer
	t *testing.T
	h tar.Header
}

func (h headed) WriteString(s string) (int, error) {
	check(h.t, h.w.WriteHeader(&h.h))
	return io.WriteString(h.w, s)
}

func (h headed) Write(p []byte) (int, error) { return h.WriteString(string(p)) }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// treeOf lays the layers out and lists what is there: "path: content" of files and
// "path -> target" of links.
func treeOf(t *testing.T, layers ...ecr.Layer) []string {
	t.Helper()
	var c Cache
	t.Cleanup(func() { check(t, c.Close()) })
	root, err := c.Tree(layers)
	check(t, err)
	return list(t, root)
}

func list(t *testing.T, root string) []string {
	t.Helper()
	var out []string
	check(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		check(t, err)
		name, err := filepath.Rel(root, path)
		check(t, err)
		switch {
		case entry.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			check(t, err)
			out = append(out, name+" -> "+target)
		case !entry.IsDir():
			content, err := os.ReadFile(path)
			check(t, err)
			out = append(out, name+": "+string(content))
		}
		return nil
	}))
	return out
}

func TestLayersOverEachOther(t *testing.T) {
	t.Parallel()
	base := layerOf(t, dir("bin/"), file("bin/a", "a1"), file("bin/b", "b1"), file("etc/x/one", "1"),
		file("etc/x/two", "2"), file("gone/deep/file", "x"), file("becomes/dir", "f"))
	for name, tc := range map[string]struct {
		upper []tar.Header
		want  []string
	}{
		"replace": {[]tar.Header{file("bin/a", "a2")}, []string{"becomes/dir: f", "bin/a: a2", "bin/b: b1",
			"etc/x/one: 1", "etc/x/two: 2", "gone/deep/file: x"}},
		"whiteout": {[]tar.Header{file("bin/.wh.a", ""), file(".wh.gone", "")},
			[]string{"becomes/dir: f", "bin/b: b1", "etc/x/one: 1", "etc/x/two: 2"}},
		"opaque": {[]tar.Header{file("etc/x/three", "3"), file("etc/x/.wh..wh..opq", "")},
			[]string{"becomes/dir: f", "bin/a: a1", "bin/b: b1", "etc/x/three: 3", "gone/deep/file: x"}},
		"file to dir": {[]tar.Header{file("becomes/dir/now", "d")}, []string{"becomes/dir/now: d", "bin/a: a1",
			"bin/b: b1", "etc/x/one: 1", "etc/x/two: 2", "gone/deep/file: x"}},
		"dir to file": {[]tar.Header{file("etc", "e")}, []string{"becomes/dir: f", "bin/a: a1", "bin/b: b1", "etc: e",
			"gone/deep/file: x"}},
		"twice in one": {[]tar.Header{file("bin/a", "first"), file("bin/a", "last")}, []string{"becomes/dir: f",
			"bin/a: last", "bin/b: b1", "etc/x/one: 1", "etc/x/two: 2", "gone/deep/file: x"}},
		"hard link": {[]tar.Header{file("bin/a", "l"), hardLink("bin/c", "/bin/a")}, []string{"becomes/dir: f",
			"bin/a: l", "bin/b: b1", "bin/c: l", "etc/x/one: 1", "etc/x/two: 2", "gone/deep/file: x"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, treeOf(t, base, layerOf(t, tc.upper...))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestLinksStayInside: an absolute link is one from the container's root, and a layer
// may write through a link of those below it.
func TestLinksStayInside(t *testing.T) {
	t.Parallel()
	base := layerOf(t, file("usr/bin/tool", "t"), symlink("bin", "/usr/bin"), symlink("usr/lib", "../../../../../etc"),
		symlink("etc/self", "/"))
	got := treeOf(t, base, layerOf(t, file("bin/more", "m")))
	want := []string{"bin -> usr/bin", "etc/self -> ..", "usr/bin/more: m", "usr/bin/tool: t", "usr/lib -> ../etc"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestNothingIsWrittenOutside tries the ways out of a directory that archives are known for.
func TestNothingIsWrittenOutside(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	up := strings.Repeat("../", 20)
	// From the directory that "deep" leads to, "up" climbs higher than its own path says.
	climb := []tar.Header{dir("a"), symlink("x/y/z/deep", "/a"), symlink("x/y/z/deep/up", "/../../.."),
		file("x/y/z/deep/up"+outside+"/evil", "e")}
	for name, layers := range map[string][]ecr.Layer{
		"dots":             {layerOf(t, file(up+outside+"/evil", "e"))},
		"absolute":         {layerOf(t, file(outside+"/evil", "e"))},
		"through a link":   {layerOf(t, symlink("out", outside), file("out/evil", "e"))},
		"a layer later":    {layerOf(t, symlink("out", outside)), layerOf(t, file("out/evil", "e"))},
		"through two":      {layerOf(t, climb...)},
		"through two, up":  {layerOf(t, climb[:3]...), layerOf(t, climb[3])},
		"hard link":        {layerOf(t, hardLink("passwd", up+"etc/passwd"))},
		"whiteout":         {layerOf(t, file(up+outside+"/.wh.kept", ""))},
		"whiteout by link": {layerOf(t, symlink("out", up+outside)), layerOf(t, file("out/.wh.kept", ""))},
	} {
		t.Run(name, func(t *testing.T) {
			check(t, os.WriteFile(filepath.Join(outside, "kept"), nil, 0o600))
			var c Cache
			t.Cleanup(func() { check(t, c.Close()) })
			root, err := c.Tree(layers) // an error is as good as a file inside
			if entries, readErr := os.ReadDir(outside); readErr != nil || len(entries) != 1 {
				t.Errorf("the directory outside has %v: %v", entries, readErr)
			}
			if err == nil && name == "hard link" {
				t.Errorf("a link to a file outside was made: %v", list(t, root))
			}
		})
	}
}

func TestBrokenLayersAreRefused(t *testing.T) {
	t.Parallel()
	good := layerOf(t, file("a", "1"))
	wrong := good
	wrong.DiffID = digestOf(nil)
	broken := good
	broken.Open = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("\x28\xb5\x2f\xfd....")), nil }
	garbage := good
	garbage.Open = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("this is no archive")), nil }
	for want, l := range map[string]ecr.Layer{
		"wrong diff id": wrong, "reserved bit set": broken, "failed to read the layer": garbage,
		"does not implement files of the type": layerOf(t, tar.Header{Name: "dev/null", Typeflag: tar.TypeChar}),
	} {
		var c Cache
		_, err := c.Tree([]ecr.Layer{l})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if l.Digest == good.Digest { // a failure is not remembered
			if _, err := c.Tree([]ecr.Layer{good}); err != nil {
				t.Errorf("after %q: %v", want, err)
			}
		}
		check(t, c.Close())
	}
}

// TestZstdLayer: ECR and Fargate take layers of both compressions.
func TestZstdLayer(t *testing.T) {
	t.Parallel()
	l := layerOf(t, file("bin/app", "program"))
	packed, err := l.Open()
	check(t, err)
	plain, err := gzip.NewReader(packed)
	check(t, err)
	content, err := io.ReadAll(plain)
	check(t, err)
	encoder, err := zstd.NewWriter(nil)
	check(t, err)
	again := encoder.EncodeAll(content, nil)
	l.Digest = digestOf(again)
	l.Open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(again)), nil }
	if diff := cmp.Diff([]string{"bin/app: program"}, treeOf(t, l)); diff != "" {
		t.Error(diff)
	}
}

// TestLayerIsUnpackedOnce for many containers that start at the same time.
func TestLayerIsUnpackedOnce(t *testing.T) {
	t.Parallel()
	l := layerOf(t, file("bin/app", "program"))
	open, opened := l.Open, 0
	l.Open = func() (io.ReadCloser, error) { opened++; return open() } // the cache's own lock guards it
	var c Cache
	var all sync.WaitGroup
	trees := make([]string, 50)
	for i := range trees {
		all.Go(func() {
			root, err := c.Tree([]ecr.Layer{l})
			if err != nil {
				t.Error(err)
			}
			trees[i] = root
		})
	}
	all.Wait()
	if opened != 1 {
		t.Errorf("the layer was unpacked %d times", opened)
	}
	for _, tree := range trees {
		info, err := os.Stat(filepath.Join(tree, "bin", "app"))
		check(t, err)
		if info.Mode().Perm() != 0o555 {
			t.Errorf("got mode %v", info.Mode())
		}
	}
	check(t, Lock(trees[0]))
	check(t, Remove(trees[0]))
	check(t, c.Close())
	if _, err := os.Stat(filepath.Dir(trees[1])); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the cache's folder is still there: %v", err)
	}
	if _, err := c.Tree([]ecr.Layer{l}); err == nil {
		t.Error("a closed cache makes trees")
	}
}
