package commands_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"ecsctl/image"
	"ecsctl/internal/testkit/stage"
)

// The sizes that the README promises, in bytes; the images for amd64 are the larger ones.
// tools/callsgen keeps them down: what grew is in `go tool nm -size -sort size`.
const (
	maxImageSize  = 9_000_000  // of the worker-only program, which releases have
	maxSourceSize = 14_900_000 // of a whole ecsctl, after a build from source
)

func TestTheWorkersImageIsSmall(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("this machine's ecsctl is not for Linux, so no image is made of it")
	}
	for name, test := range map[string]struct {
		program func() ([]byte, error)
		most    int64
	}{
		"the worker-only program": {stage.WorkerOnly, maxImageSize},
		"ecsctl":                  {stage.RealECSCTL, maxSourceSize},
	} {
		content, err := test.program()
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
		t.Logf("%s for %s has %d bytes, its image %d", name, binary.Architecture, len(content), built.Size)
		if built.Size > test.most {
			t.Errorf("the image of %s has %d bytes, more than %d", name, built.Size, test.most)
		}
	}
}
