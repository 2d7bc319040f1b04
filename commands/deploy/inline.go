package deploy

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/goccy/go-yaml"

	"ecsctl/commands/console"
	"ecsctl/image/flowimage"
	"ecsctl/internal/hint"
)

// maxInline is how large the packed code may be: it travels in a command line of the container, of which Linux takes
// 128 KiB for one word.
const maxInline = 64 << 10

// inlineProgram unpacks the code and prints where, for the next step.
const inlineProgram = `import base64, io, tempfile, zipfile; d = tempfile.mkdtemp(prefix="ecsctl-flow-"); ` +
	`zipfile.ZipFile(io.BytesIO(base64.b64decode("%s"))).extractall(d); print(d)`

// planInline packs the folder into the pull steps, for an image that has no more than Prefect in it.
func (d *deployer) planInline() (deployPlan, error) {
	files, warnings, err := flowimage.ListCode(d.opts.Image.Dir)
	if err != nil {
		return deployPlan{}, err
	}
	for _, warning := range warnings {
		console.Printf(d.streams.Err, "warning: %s\n", warning)
	}
	packed, err := pack(d.opts.Image.Dir, files)
	if err != nil {
		return deployPlan{}, err
	}
	if len(packed) > maxInline {
		return deployPlan{},
			hint.Add(fmt.Errorf("the folder is too large to be packed into a deployment: %s packed, of %s at most",
				kilobytes(int64(len(packed))), kilobytes(maxInline)),
				"leave out --inline: then it goes into an image; or keep files out with "+flowimage.IgnoreFile)
	}
	program := fmt.Sprintf(inlineProgram, base64.StdEncoding.EncodeToString(packed))
	// The step splits its script as a POSIX shell does and starts the program itself.
	pull := []any{yaml.MapSlice{{Key: stepShell, Value: yaml.MapSlice{
		{Key: "id", Value: "code"}, {Key: "script", Value: "python -c '" + program + "'"}, {Key: "stream_output",
			Value: false},
	}}}}
	if slices.ContainsFunc(files, func(f flowimage.File) bool { return f.Path == flowimage.FromRequirements }) {
		pull = append(pull, pullStep(stepInstall, "directory", "{{ code.stdout }}", "requirements_file",
			flowimage.FromRequirements))
	}
	pull = append(pull, pullStep(stepEnter, "directory", "{{ code.stdout }}"))
	return d.planFlow(".", filepath.ToSlash(filepath.Clean(d.opts.Target)), "", pull)
}

// pack makes a zip archive that depends on names and contents alone.
func pack(dir string, files []flowimage.File) ([]byte, error) {
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, f := range files {
		content, err := readFile(dir, filepath.FromSlash(f.Path))
		if err != nil {
			return nil, fmt.Errorf("failed to pack the code: %w", err)
		}
		w, err := archive.CreateHeader(&zip.FileHeader{Name: f.Path, Method: zip.Deflate,
			Modified: time.Date(1980, 1, 1,
				0, 0, 0, 0, time.UTC)})
		if err == nil {
			_, err = io.Copy(w, bytes.NewReader(content))
		}
		if err != nil {
			return nil, fmt.Errorf("failed to pack %q: %w", f.Path, err)
		}
		if out.Len() > 8*maxInline {
			break // too large in any case
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("failed to pack the code: %w", err)
	}
	return out.Bytes(), nil
}
