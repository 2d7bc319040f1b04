package commands

import (
	"errors"
	"io/fs"
	"os"

	"ecsctl/provision"
)

// defaultConfig is read when it is there and --config names no other file.
const defaultConfig = "ecsctl.yaml"

func readConfig(path string) (provision.Spec, error) {
	named := path != ""
	if !named {
		path = defaultConfig
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return provision.Spec{}, nil
	}
	if err != nil {
		return provision.Spec{}, usagef("failed to read the configuration: %w", err)
	}
	return provision.ParseSpec(path, raw)
}
