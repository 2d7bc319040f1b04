package commands_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"ecsctl/image"
	"ecsctl/internal/testkit/stage"
)

// maxImageSize is what the README promises, in bytes; the image for amd64 is the larger.
// internal/callsgen keeps it down: what grew is in `go tool nm -size -sort size`.
const maxImageSize = 12_000_000

func TestTheWorkersImageIsSmall(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("this machine's ecsctl is not for Linux, so no image is made of it")
	}
	content, err := stage.RealECSCTL()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ecsctl")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	binary, err := image.ReadBinary(file)
	if err != nil {
		t.Fatal(err)
	}
	built, err := image.Build(binary)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the image for %s has %d bytes", binary.Architecture, built.Size)
	if built.Size > maxImageSize {
		t.Errorf("the worker's image has %d bytes, more than %d", built.Size, maxImageSize)
	}
}
