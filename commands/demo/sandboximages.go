package demo

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"ecsctl/commands/console"
)

// prefectImages are the official images.
const prefectImages = "prefecthq/prefect*"

// sandboxImages says which directory stands in for which images: what --image says, and
// for the official ones the virtual environment, or else where prefect is on PATH.
func sandboxImages(venv string, given []string) (map[string]string, error) {
	images := map[string]string{}
	dir, err := prefectPrograms(venv)
	if err != nil {
		return nil, err
	}
	if dir != "" {
		images[prefectImages] = dir
	}
	for _, image := range given {
		pattern, dir, ok := strings.Cut(image, "=")
		if _, err := path.Match(pattern, ""); !ok || pattern == "" || err != nil {
			return nil, console.Usagef("--image %q is not of the form PATTERN=DIR", image)
		}
		if images[pattern], err = directory("--image", dir); err != nil {
			return nil, err
		}
	}
	return images, nil
}

// prefectPrograms is "" when there is no prefect and nobody said that there is.
func prefectPrograms(venv string) (string, error) {
	if venv == "" {
		program, err := exec.LookPath("prefect")
		if err != nil {
			return "", nil
		}
		return directory("PATH", filepath.Dir(program))
	}
	dir, err := directory("--venv", filepath.Join(venv, "bin"))
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(dir, "prefect")); err != nil {
		return "", console.Usagef("--venv %q has no prefect in it", venv)
	}
	return dir, nil
}

// sandboxVolumes are absolute paths of what is there.
func sandboxVolumes(given []string) ([]string, error) {
	var out []string
	for _, volume := range given {
		path, err := filepath.Abs(volume)
		if err == nil {
			_, err = os.Stat(path)
		}
		if err != nil {
			return nil, console.Usagef("--volume %q is not there", volume)
		}
		out = append(out, path)
	}
	return out, nil
}

func directory(flag, dir string) (string, error) {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return "", console.Usagef("%s: %q is not a directory", flag, dir)
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("failed to find the directory %q: %w", dir, err)
	}
	return absolute, nil
}
