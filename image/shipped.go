package image

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"ecsctl/internal/hint"
)

// ShippedName is what packages of ecsctl call the worker-only program for an architecture
// (cmd/ecsctl-worker), compressed.
func ShippedName(architecture string) string { return "ecsctl-worker-linux-" + architecture + ".gz" }

// shippedFolders are where packages put it, seen from the folder that the program is in.
var shippedFolders = []string{".", "../share/ecsctl"}

// Own returns the path of what the ecsctl at program makes the worker's image of: the
// worker-only program that was installed with it, else the program itself, as after a
// build from source. Without an architecture it is that of this machine.
//
// What another version has left behind is refused: it would run in silence what nobody
// asked for.
func Own(program, architecture string) (string, error) {
	if architecture == "" {
		architecture = runtime.GOARCH
	}
	real, err := filepath.EvalSymlinks(program)
	if err != nil {
		return "", fmt.Errorf("failed to find this program: %w", err)
	}
	for _, folder := range shippedFolders {
		shipped := filepath.Join(filepath.Dir(real), folder, ShippedName(architecture))
		if _, err := os.Stat(shipped); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		return shipped, checkSameBuild(real, shipped)
	}
	return program, nil
}

// Ship puts worker-only programs beside the binary, where Own finds them: so the image of a whole ecsctl makes
// the worker's image, for any architecture, as a package does.
func (b *Binary) Ship(files ...string) error {
	b.shipped = []entry{{"share/", 0o755, nil}, {"share/ecsctl/", 0o755, nil}}
	sum := sha256.New()
	sum.Write(b.sum[:])
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("failed to read the worker's program: %w", err)
		}
		sum.Write(content)
		b.shipped = append(b.shipped, entry{"share/ecsctl/" + filepath.Base(file), 0o644, content})
	}
	b.sum = [sha256.Size]byte(sum.Sum(nil))
	b.layer = sync.OnceValues(func() (*layer, error) { return newLayer(b.content, b.shipped...) })
	return nil
}

// checkSameBuild compares what the Go toolchain wrote into both.
func checkSameBuild(program, shipped string) error {
	worker, err := ReadBinary(shipped)
	if err != nil {
		return err
	}
	own, err := os.ReadFile(program)
	if err != nil {
		return fmt.Errorf("failed to read this program: %w", err)
	}
	wanted, err := readBuild(own)
	if err != nil {
		return fmt.Errorf("failed to read this program: %w", err)
	}
	if worker.Version == wanted.version && worker.Revision == wanted.revision {
		return nil
	}
	err = fmt.Errorf("the worker's program %q is of %s, and this ecsctl of %s", shipped, worker.build(), wanted)
	return hint.Add(err, "install ecsctl again, delete that file, or name the program with --binary")
}
