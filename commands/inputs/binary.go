package inputs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"ecsctl/image"
	"ecsctl/provision/spec"
)

// UseBinary reads what goes into the worker's image: the program that came with this one,
// or this one, unless the user names another.
func UseBinary(spec spec.Spec) (spec.Spec, *image.Binary, error) {
	if spec.Worker.Binary == "" && spec.MayMakeImage() {
		program, err := ThisProgram()
		if err != nil {
			return spec, nil, err
		}
		if spec.Worker.Binary, err = image.Own(program, spec.WorkerPlatform()); err != nil {
			return spec, nil, err
		}
	}
	return spec.UseBinary()
}

// ThisProgram goes by the name that it was called by, which may be one of several.
func ThisProgram() (string, error) {
	path, err := exec.LookPath(os.Args[0])
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return "", fmt.Errorf("failed to find this program: %w", err)
	}
	return path, nil
}
