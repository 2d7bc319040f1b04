package image

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// refName is the annotation that tools take a local image's name from (OCI image-spec, annotations.md).
const refName = "org.opencontainers.image.ref.name"

// SaveLayout writes an OCI layout into a directory, which is made: for `crane push`,
// `skopeo copy oci:DIR`. What another run has left there is refused.
func (i *Image) SaveLayout(dir, reference string) error {
	if _, err := os.Stat(filepath.Join(dir, "index.json")); err == nil {
		return fmt.Errorf("failed to write the OCI layout: %q has one already", dir)
	}
	path, err := layout.Write(dir, empty.Index)
	if err == nil && i.index != nil {
		err = path.AppendIndex(i.index, layout.WithAnnotations(map[string]string{refName: reference}))
	} else if err == nil {
		err = path.AppendImage(i.Parts[0].image, layout.WithAnnotations(map[string]string{refName: reference}))
	}
	if err != nil {
		return fmt.Errorf("failed to write the OCI layout %q: %w", dir, err)
	}
	return nil
}

// SaveFile writes one file, as `docker save` does: an OCI layout with Docker's own
// manifest.json beside it, so that `docker load`, `podman load`, `crane push` and
// `skopeo copy oci-archive:FILE` all take it. It holds one architecture: Docker's
// format has no place for more.
func (i *Image) SaveFile(file, reference string) (err error) {
	if i.index != nil {
		return errors.New("a file for `docker load` holds one architecture: write an OCI layout, or one file for each")
	}
	dir, err := os.MkdirTemp(filepath.Dir(file), ".ecsctl-image-")
	if err != nil {
		return fmt.Errorf("failed to write the image %q: %w", file, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := i.SaveLayout(dir, reference); err != nil {
		return err
	}
	if err := writeDockerManifest(dir, i.Parts[0].image, reference); err != nil {
		return fmt.Errorf("failed to write the image %q: %w", file, err)
	}
	if err := tarDirectory(file, dir); err != nil {
		return errors.Join(fmt.Errorf("failed to write the image %q: %w", file, err), os.Remove(file))
	}
	return nil
}

// writeDockerManifest writes the manifest.json of `docker save`.
func writeDockerManifest(dir string, image v1.Image, reference string) error {
	manifest, err := image.Manifest()
	if err != nil {
		return err
	}
	blob := func(h v1.Hash) string { return "blobs/" + h.Algorithm + "/" + h.Hex }
	entry := struct {
		Config   string
		RepoTags []string
		Layers   []string
	}{Config: blob(manifest.Config.Digest), RepoTags: []string{reference}}
	for _, layer := range manifest.Layers {
		entry.Layers = append(entry.Layers, blob(layer.Digest))
	}
	raw, err := json.Marshal([]any{entry})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "manifest.json"), raw, 0o600)
}

// tarDirectory packs the files below dir, in the order of their names.
func tarDirectory(file, dir string) (err error) {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	w := tar.NewWriter(out)
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return addFile(w, dir, path)
	})
	return errors.Join(err, w.Close())
}

func addFile(w *tar.Writer, dir, path string) error {
	name, err := filepath.Rel(dir, path)
	if err != nil {
		return err
	}
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	header := &tar.Header{Name: filepath.ToSlash(name), Mode: 0o644, Size: info.Size(), ModTime: time.Unix(0, 0),
		Format: tar.FormatUSTAR}
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(w, in)
	return err
}
