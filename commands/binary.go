package commands

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"ecsctl/image"
	"ecsctl/provision"
)

// useBinary reads what goes into the worker's image: this program, unless the user
// names another.
func useBinary(spec provision.Spec) (provision.Spec, *image.Binary, error) {
	if spec.Worker.Binary == "" {
		path, err := thisProgram()
		if err != nil {
			return spec, nil, err
		}
		spec.Worker.Binary = path
	}
	return spec.UseBinary()
}

// thisProgram goes by the name that it was called by, which may be one of several.
func thisProgram() (string, error) {
	path, err := exec.LookPath(os.Args[0])
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return "", fmt.Errorf("failed to find this program: %w", err)
	}
	return path, nil
}
