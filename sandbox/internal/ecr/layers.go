package ecr

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/schemas"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	media "github.com/google/go-containerregistry/pkg/v1/types"

	"ecsctl/sandbox/internal/wire"
)

// DownloadPath is where layers are fetched with a URL of GetDownloadUrlForLayer. On AWS
// that is a bucket of S3.
const DownloadPath = "/_sandbox/layers/"

// downloadLife is how long such a URL works.
const downloadLife = time.Hour

func (s *Service) handleLayers() {
	wire.HandleJSON(s.JSON, "BatchCheckLayerAvailability", schemas.BatchCheckLayerAvailabilityRequest,
		schemas.BatchCheckLayerAvailabilityResponse,
		"registryId repositoryName! layerDigests!", s.checkLayers)
	wire.HandleJSON(s.JSON, "GetDownloadUrlForLayer", schemas.GetDownloadUrlForLayerRequest,
		schemas.GetDownloadUrlForLayerResponse,
		"registryId repositoryName! layerDigest!", s.downloadURL)
}

func (s *Service) checkLayers(_ context.Context,
	in *api.BatchCheckLayerAvailabilityInput) (*api.BatchCheckLayerAvailabilityOutput, error) {
	repo, err := s.find(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	if len(in.LayerDigests) < 1 || len(in.LayerDigests) > maxBatch {
		return nil, invalid("layerDigests", fmt.Sprintf("must have between 1 and %d items", maxBatch))
	}
	out := &api.BatchCheckLayerAvailabilityOutput{Layers: []types.Layer{}, Failures: []types.LayerFailure{}}
	for _, digest := range in.LayerDigests {
		size, ok := repo.layers[digest]
		switch {
		case !validDigest.MatchString(digest):
			out.Failures = append(out.Failures,
				types.LayerFailure{LayerDigest: &digest, FailureCode: types.LayerFailureCodeInvalidLayerDigest,
					FailureReason: aws.String("Invalid layer digest")})
		case !ok:
			out.Failures = append(out.Failures,
				types.LayerFailure{LayerDigest: &digest, FailureCode: types.LayerFailureCodeMissingLayerDigest,
					FailureReason: aws.String("Missing layer digest")})
		default:
			out.Layers = append(out.Layers,
				types.Layer{LayerDigest: &digest, LayerAvailability: types.LayerAvailabilityAvailable,
					LayerSize: &size, MediaType: aws.String(string(repo.layerType(digest)))})
		}
	}
	return out, nil
}

// layerType is what the images say that a layer is.
func (repo *repository) layerType(digest string) media.MediaType {
	for _, img := range repo.images {
		for _, layer := range img.layers() {
			if layer.Digest.String() == digest {
				return layer.MediaType
			}
		}
	}
	return media.DockerLayer
}

func (s *Service) downloadURL(_ context.Context,
	in *api.GetDownloadUrlForLayerInput) (*api.GetDownloadUrlForLayerOutput, error) {
	repo, err := s.find(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	digest := *in.LayerDigest
	if _, ok := repo.layers[digest]; !ok {
		return nil, wire.Errorf("LayersNotFoundException",
			"The layer with digest '%s' does not exist in the repository with name '%s' in the registry with id '%s'",
			digest, repo.name, s.cfg.Account)
	}
	expires := strconv.FormatInt(time.Now().Add(downloadLife).Unix(), 10)
	url := s.cfg.URL + DownloadPath + digest + "?expires=" + expires + "&signature=" + s.sign(digest, expires)
	return &api.GetDownloadUrlForLayerOutput{LayerDigest: &digest, DownloadUrl: &url}, nil
}

func newSeal() []byte {
	seal := make([]byte, 32)
	_, _ = rand.Read(seal) // never fails
	return seal
}

func (s *Service) sign(digest, expires string) string {
	mac := hmac.New(sha256.New, s.seal)
	mac.Write([]byte(digest + " " + expires))
	return hex.EncodeToString(mac.Sum(nil))
}

// ServeDownload answers a URL of GetDownloadUrlForLayer; it needs no other credentials.
func (s *Service) ServeDownload(w http.ResponseWriter, r *http.Request) {
	digest, query := r.URL.Path[len(DownloadPath):], r.URL.Query()
	expires, err := strconv.ParseInt(query.Get("expires"), 10, 64)
	signed := hmac.Equal([]byte(query.Get("signature")), []byte(s.sign(digest, query.Get("expires"))))
	if err != nil || !signed || time.Now().Unix() > expires {
		http.Error(w, "the URL of this layer has expired, or is none of ECR's", http.StatusForbidden)
		return
	}
	s.sendBlob(w, r, digest)
}
