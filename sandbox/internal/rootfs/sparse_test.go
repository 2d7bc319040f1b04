package rootfs

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"testing"

	"ecsctl/sandbox/internal/ecr"
)

// sparse is a layer with one file of nothing but a hole, in the form of PAX: 2 kB of
// archive, and size bytes on the disk.
func sparse(t *testing.T, size int64) ecr.Layer {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	records := ""
	for _, r := range []string{"GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.name=hole",
		fmt.Sprintf("GNU.sparse.realsize=%d", size)} {
		n := len(r) + 2
		for len(fmt.Sprint(n))+len(r)+2 != n {
			n = len(fmt.Sprint(n)) + len(r) + 2
		}
		records += fmt.Sprintf("%d %s\n", n, r)
	}
	// Writer makes no such records itself: the type of an ordinary file is put right below.
	check(t, w.WriteHeader(&tar.Header{Name: "PaxHeaders", Size: int64(len(records)), Mode: 0o644}))
	_, err := io.WriteString(w, records)
	check(t, err)
	check(t, w.Flush())
	header := out.Bytes()[:512]
	header[156] = tar.TypeXHeader
	copy(header[148:156], "        ")
	sum := 0
	for _, b := range header {
		sum += int(b)
	}
	copy(header[148:156], fmt.Sprintf("%06o\x00 ", sum))
	sparseMap := fmt.Sprintf("1\n%d\n0\n", size)
	check(t, w.WriteHeader(&tar.Header{Name: "hole", Size: 512, Mode: 0o644}))
	_, err = io.WriteString(w, sparseMap+string(make([]byte, 512-len(sparseMap))))
	check(t, err)
	check(t, w.Close())
	return ecr.Layer{Digest: digestOf(out.Bytes()), DiffID: digestOf(out.Bytes()), Open: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(out.Bytes())), nil
	}}
}

func TestSparseFilesCount(t *testing.T) {
	t.Parallel()
	if _, err := unpack(sparse(t, 64<<20), t.TempDir()); err != nil {
		t.Errorf("a small hole: %v", err)
	}
	if _, err := unpack(sparse(t, maxLayer+1), t.TempDir()); err == nil {
		t.Error("a file of more than a task's storage was unpacked")
	}
}
