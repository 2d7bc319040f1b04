package ecr

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"ecsctl/sandbox/internal/wire"
)

// manifest is one that was pushed: of an image, or the index of several.
type manifest struct {
	data      []byte
	digest    string
	mediaType types.MediaType
	index     *v1.IndexManifest // nil for an image
	image     *v1.Manifest      // nil for an index
}

// parseManifest reads a manifest; mediaType is what the client says that it is, or "".
func parseManifest(data []byte, mediaType string) (*manifest, error) {
	var head struct {
		MediaType types.MediaType `json:"mediaType"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, invalid("ImageManifest", "Invalid JSON syntax")
	}
	m := &manifest{data: data, digest: digestOf(data), mediaType: types.MediaType(mediaType)}
	if m.mediaType == "" {
		m.mediaType = head.MediaType
	}
	if m.mediaType == "" {
		return nil, wire.Errorf("InvalidParameterException",
			"image manifest mediatype not provided in manifest or parameter")
	}
	if head.MediaType != "" && head.MediaType != m.mediaType {
		return nil, invalid("ImageManifest", "media type of the request and of the manifest differ")
	}
	var err error
	switch m.mediaType {
	case types.OCIImageIndex, types.DockerManifestList:
		err = json.Unmarshal(data, &m.index)
	case types.OCIManifestSchema1, types.DockerManifestSchema2:
		err = json.Unmarshal(data, &m.image)
	default:
		return nil, wire.NotImplemented("manifests of the media type " + string(m.mediaType))
	}
	if err != nil {
		return nil, invalid("ImageManifest", "Invalid manifest: "+err.Error())
	}
	return m, nil
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// layers are the digests of all blobs that an image is made of.
func (m *manifest) layers() []v1.Descriptor {
	if m.image == nil {
		return nil
	}
	return append([]v1.Descriptor{m.image.Config}, m.image.Layers...)
}

// children are the manifests that an index lists.
func (m *manifest) children() []v1.Descriptor {
	if m.index == nil {
		return nil
	}
	return m.index.Manifests
}
