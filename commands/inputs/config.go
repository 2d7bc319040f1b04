package inputs

import (
	"errors"
	"io/fs"

	"ecsctl/commands/console"
	"ecsctl/internal/bounded"
	"ecsctl/prefect"
	"ecsctl/provision/spec"
)

// DefaultConfig is read when it is there and --config names no other file.
const DefaultConfig = "ecsctl.yaml"

func readConfig(path, pool string) (spec.Spec, error) {
	named := path != ""
	if !named {
		path = DefaultConfig
	}
	raw, err := readNamed(path, named)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return spec.Spec{}, nil
	}
	if err != nil {
		return spec.Spec{}, console.Usagef("failed to read the configuration: %w", err)
	}
	spec, err := spec.ParseSpec(path, raw, pool)
	if !named {
		spec.Prefect = distrust(path, spec.Prefect)
	}
	return spec, err
}

func readNamed(path string, named bool) ([]byte, error) {
	if named {
		return bounded.ReadFile(path, bounded.MaxFile)
	}
	return bounded.ReadFound(path, bounded.MaxFile)
}

// distrust keeps apart what a file of the working directory, which may be anyone's, says of
// where the key is read and sent.
func distrust(path string, p spec.Prefect) spec.Prefect {
	if p.APIURL != "" || p.APIKeyFile != "" {
		p.Found = prefect.Found{File: path, APIURL: p.APIURL, APIKeyFile: p.APIKeyFile}
	}
	p.APIURL, p.APIKeyFile = "", ""
	return p
}
