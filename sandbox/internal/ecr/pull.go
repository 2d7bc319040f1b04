package ecr

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Pulled is an image for one platform.
type Pulled struct {
	Digest string    // what the reference leads to: an index, perhaps
	Config v1.Config // how to run it
	Layers []Layer   // from the bottom up
}

// Layer is one of an image: a tar archive.
type Layer struct {
	Digest    string // of the archive as it is stored
	DiffID    string // of the archive itself
	MediaType types.MediaType
	Open      func() (io.ReadCloser, error)
}

// ErrImageNotFound says that a reference leads nowhere.
var ErrImageNotFound = errors.New("not found")

// PlatformError says that an image is there, but not for this platform.
type PlatformError struct{ Platform string }

func (e *PlatformError) Error() string {
	return fmt.Sprintf("image Manifest does not contain descriptor matching platform '%s'", e.Platform)
}

// Login refuses the holder of an access key who may not ask for a token.
func (s *Service) Login(accessKey string) error {
	return s.cfg.Admit(accessKey, "ecr:GetAuthorizationToken", "*")
}

// ManifestURL is where a client of the registry finds what the reference names.
func (s *Service) ManifestURL(ref Reference) string {
	what := aws.ToString(ref.id.ImageTag)
	if ref.id.ImageDigest != nil {
		what = *ref.id.ImageDigest
	}
	return s.cfg.URL + ProtocolPath + ref.Repository + "/manifests/" + what
}

// Pull does for the holder of an access key what a container runtime does before it
// starts an image. The error is ErrImageNotFound, a *PlatformError or a refusal of Config.Admit.
func (s *Service) Pull(accessKey string, ref Reference, platform v1.Platform) (*Pulled, error) {
	for _, action := range []string{"BatchGetImage", "GetDownloadUrlForLayer"} {
		if err := s.cfg.Admit(accessKey, "ecr:"+action, s.arn(ref.Repository)); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	repo := s.repositories[ref.Repository]
	if repo == nil {
		return nil, ErrImageNotFound
	}
	img := repo.lookUp(ref.id)
	if img == nil {
		return nil, ErrImageNotFound
	}
	now := time.Now()
	img.pulled = &now
	m, config, err := s.choose(repo, img.manifest, platform)
	if err != nil {
		return nil, err
	}
	layers, err := s.layersOf(m, config)
	return &Pulled{Digest: img.digest, Config: config.Config, Layers: layers}, err
}

// choose goes down an index to the first image for the platform; nil manifests of other
// platforms are passed over.
func (s *Service) choose(repo *repository, m *manifest, platform v1.Platform) (*manifest, *v1.ConfigFile, error) {
	if m.image != nil {
		config, err := s.config(m)
		if err != nil {
			return nil, nil, err
		}
		if config.OS != platform.OS || config.Architecture != platform.Architecture {
			return nil, nil, &PlatformError{platform.String()}
		}
		return m, config, nil
	}
	for _, child := range m.children() {
		if p := child.Platform; p != nil && (p.OS != platform.OS || p.Architecture != platform.Architecture) {
			continue
		}
		img := repo.images[child.Digest.String()]
		if img == nil {
			return nil, nil, ErrImageNotFound
		}
		found, config, err := s.choose(repo, img.manifest, platform)
		var other *PlatformError
		if errors.As(err, &other) {
			continue
		}
		return found, config, err
	}
	return nil, nil, &PlatformError{platform.String()}
}

func (s *Service) config(m *manifest) (*v1.ConfigFile, error) {
	file, err := s.blobs.open(m.image.Config.Digest.String())
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var config v1.ConfigFile
	if err := json.NewDecoder(file).Decode(&config); err != nil {
		return nil, fmt.Errorf("failed to read the configuration of image %q: %w", m.digest, err)
	}
	return &config, nil
}

func (s *Service) layersOf(m *manifest, config *v1.ConfigFile) ([]Layer, error) {
	if len(config.RootFS.DiffIDs) != len(m.image.Layers) {
		return nil, fmt.Errorf("number of layers and diffIDs don't match: %d != %d", len(m.image.Layers),
			len(config.RootFS.DiffIDs))
	}
	var out []Layer
	for i, layer := range m.image.Layers {
		digest := layer.Digest.String()
		out = append(out, Layer{
			Digest: digest, DiffID: config.RootFS.DiffIDs[i].String(), MediaType: layer.MediaType,
			Open: func() (io.ReadCloser, error) { return s.blobs.open(digest) },
		})
	}
	return out, nil
}
