package inputs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"ecsctl/internal/hint"
	"ecsctl/provision/spec"
)

const savedHeading = `# Settings of "ecsctl bootstrap" and "ecsctl teardown"; docs/configuration.md lists them.
# No key belongs here: it comes from the environment or the Prefect profile.
`

// ErrFileExists says that a file is there which saving would overwrite.
var ErrFileExists = errors.New("it exists already")

// SaveSpec writes the settings as an ecsctl.yaml. A file that exists is left alone and
// errFileExists returned, unless overwrite says otherwise.
func SaveSpec(path string, spec spec.Spec, overwrite bool) error {
	raw, err := spec.YAML()
	if err != nil {
		return fmt.Errorf("failed to encode the settings: %w", err)
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if overwrite {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	file, err := os.OpenFile(path, flags, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return hint.Add(fmt.Errorf("failed to save %q: %w", path, ErrFileExists),
			"name another file with --save, or move that one away")
	}
	if err != nil {
		return fmt.Errorf("failed to save the settings: %w", err)
	}
	_, err = file.WriteString(savedHeading + string(raw))
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("failed to save %q: %w", path, err)
	}
	return nil
}
