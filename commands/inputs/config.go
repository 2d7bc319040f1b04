package inputs

import (
	"errors"
	"io/fs"
	"os"

	"ecsctl/commands/console"
	"ecsctl/provision/spec"
)

// DefaultConfig is read when it is there and --config names no other file.
const DefaultConfig = "ecsctl.yaml"

func readConfig(path string) (spec.Spec, error) {
	named := path != ""
	if !named {
		path = DefaultConfig
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return spec.Spec{}, nil
	}
	if err != nil {
		return spec.Spec{}, console.Usagef("failed to read the configuration: %w", err)
	}
	return spec.ParseSpec(path, raw)
}
