package image

import (
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Image is what is made from one binary, or an index of two, and goes to a registry.
type Image struct {
	// Digest is that of the image's manifest or of the index.
	Digest v1.Hash
	// Size is the number of compressed bytes: manifests, configurations and layers.
	Size int64
	// Parts are the images, one for each architecture.
	Parts []Part

	index v1.ImageIndex // nil for one part
}

// Part is the image for one architecture.
type Part struct {
	Architecture string
	Digest       v1.Hash
	Size         int64

	image v1.Image
}

// Build makes the image from one binary, or an index of images from two for different
// architectures. The first time that it has a binary it compresses it, which takes about a second.
func Build(binaries ...*Binary) (*Image, error) {
	out := &Image{}
	for _, b := range binaries {
		part, err := buildPart(b)
		if err != nil {
			return nil, fmt.Errorf("failed to build the image from %q: %w", b.Path, err)
		}
		for _, other := range out.Parts {
			if other.Architecture == part.Architecture {
				return nil, fmt.Errorf("failed to build the image: two binaries are for %s", part.Architecture)
			}
		}
		out.Parts = append(out.Parts, part)
		out.Size += part.Size
	}
	if len(out.Parts) == 1 {
		out.Digest = out.Parts[0].Digest
		return out, nil
	}
	return out, out.makeIndex()
}

func buildPart(b *Binary) (Part, error) {
	layer, err := b.layer()
	if err != nil {
		return Part{}, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	created := v1.Time{Time: b.Created}
	image, err = mutate.Append(image, mutate.Addendum{
		Layer: layer, History: v1.History{
			Created: created, CreatedBy: "ecsctl worker image", Comment: "the ecsctl binary",
		},
	})
	if err != nil {
		return Part{}, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return Part{}, err
	}
	config = config.DeepCopy()
	config.Architecture, config.OS, config.Created = b.Architecture, "linux", created
	config.Config = v1.Config{
		User: user, WorkingDir: "/", Entrypoint: []string{"/ecsctl"}, Labels: labels(b),
		Env: []string{"PATH=/", "HOME=/tmp"},
	}
	if image, err = mutate.ConfigFile(image, config); err != nil {
		return Part{}, err
	}
	part := Part{Architecture: b.Architecture, image: image}
	if part.Digest, err = image.Digest(); err != nil {
		return Part{}, err
	}
	part.Size, err = compressedSize(image)
	return part, err
}

// labels are the ones that OCI predefines (image-spec, annotations.md).
func labels(b *Binary) map[string]string {
	description := "Prefect worker for AWS ECS"
	if len(b.shipped) > 0 {
		description = "Run Prefect flows on AWS ECS"
	}
	out := map[string]string{
		"org.opencontainers.image.title":       "ecsctl",
		"org.opencontainers.image.description": description,
		"org.opencontainers.image.version":     b.Version,
		"org.opencontainers.image.created":     b.Created.Format("2006-01-02T15:04:05Z"),
	}
	if b.Revision != "" {
		out["org.opencontainers.image.revision"] = b.Revision
	}
	return out
}

func compressedSize(image v1.Image) (int64, error) {
	size, err := image.Size()
	if err != nil {
		return 0, err
	}
	manifest, err := image.Manifest()
	if err != nil {
		return 0, err
	}
	size += manifest.Config.Size
	for _, layer := range manifest.Layers {
		size += layer.Size
	}
	return size, nil
}

// makeIndex puts the parts side by side, in the order of their architectures' names.
func (i *Image) makeIndex() (err error) {
	var index v1.ImageIndex = mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, architecture := range []string{AMD64, ARM64} {
		for _, part := range i.Parts {
			if part.Architecture != architecture {
				continue
			}
			index = mutate.AppendManifests(index, mutate.IndexAddendum{
				Add: part.image, Descriptor: v1.Descriptor{Platform: &v1.Platform{
					OS: "linux", Architecture: architecture,
				}},
			})
		}
	}
	i.index = index
	if i.Digest, err = index.Digest(); err != nil {
		return fmt.Errorf("failed to build the image's index: %w", err)
	}
	size, err := index.Size()
	i.Size += size
	return err
}
