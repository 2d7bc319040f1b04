package flowimage

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"ecsctl/internal/hint"
)

// defaultBase is the official Python without compilers, from where AWS keeps a copy that counts no pulls.
const defaultBase = "public.ecr.aws/docker/library/python:%s-slim"

// pythonVariable is what official Python images, and those made from them, say their version in.
const pythonVariable = "PYTHON_VERSION"

// base is the image below ours; of its layers nothing was read.
type base struct {
	reference name.Reference
	digest    v1.Hash
	config    *v1.ConfigFile
	layers    []v1.Layer
	media     []types.MediaType
	python    string // 3.N, "" when it does not say
}

// readBase asks a registry for the manifest and the configuration of an image for linux and an architecture.
func readBase(ctx context.Context, ref, architecture string, keychain authn.Keychain, agent string) (*base, error) {
	reference, err := name.ParseReference(ref)
	if err != nil {
		return nil, hint.Add(fmt.Errorf("--base %q is no image: %w", ref, err),
			"name one such as public.ecr.aws/docker/library/python:3.12-slim")
	}
	platform := v1.Platform{OS: "linux", Architecture: architecture}
	img, err := remote.Image(reference, remote.WithContext(ctx), remote.WithPlatform(platform),
		remote.WithAuthFromKeychain(keychain), remote.WithUserAgent(agent))
	if err != nil {
		return nil, explainBase(reference, err)
	}
	b := &base{reference: reference}
	if b.config, err = img.ConfigFile(); err != nil {
		return nil, explainBase(reference, err)
	}
	if is := b.config.Architecture; is != architecture {
		return nil, hint.Add(fmt.Errorf("the base image %q is for linux/%s, and the flows' image is to be for linux/%s",
			ref, is, architecture),
			"name another base with --base, or another platform with --platform")
	}
	return b, b.read(img)
}

func (b *base) read(img v1.Image) (err error) {
	if b.digest, err = img.Digest(); err == nil {
		b.layers, err = img.Layers()
	}
	if err != nil {
		return explainBase(b.reference, err)
	}
	for _, layer := range b.layers {
		media, err := layer.MediaType()
		if err != nil {
			return explainBase(b.reference, err)
		}
		b.media = append(b.media, ociMedia(media))
	}
	if minor, ok := minorOf(variable(b.config.Config.Env, pythonVariable)); ok {
		b.python = fmt.Sprintf("3.%d", minor)
	}
	return nil
}

// ociMedia is OCI's name for what a layer of Docker's is: the same bytes.
func ociMedia(media types.MediaType) types.MediaType {
	switch media {
	case types.DockerLayer:
		return types.OCILayer
	case types.DockerUncompressedLayer:
		return types.OCIUncompressedLayer
	}
	return media
}

// variable is the value of an environment variable of an image.
func variable(env []string, name string) string {
	for _, entry := range env {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

// explainBase says why a base image could not be read, and what may help.
func explainBase(reference name.Reference, err error) error {
	host := reference.Context().RegistryStr()
	var answer *transport.Error
	if !errors.As(err, &answer) {
		return hint.Add(fmt.Errorf("failed to read the base image %q: %w", reference, err),
			fmt.Sprintf("is %s to be reached from here? HTTPS_PROXY names a proxy; --base names another image", host))
	}
	switch answer.StatusCode {
	case http.StatusNotFound:
		return hint.Add(fmt.Errorf("there is no image %q", reference), "name another base image with --base")
	case http.StatusUnauthorized, http.StatusForbidden:
		return hint.Add(fmt.Errorf("the registry %s does not let us read %q: %s", host, reference,
			registryWords(answer)),
			fmt.Sprintf("sign in as you do for Docker, whose credentials are used: docker login %s", host))
	case http.StatusTooManyRequests:
		return hint.Add(fmt.Errorf("the registry %s has had too many requests: %s", host, registryWords(answer)),
			"sign in there (docker login), or take the image from another registry with --base: AWS keeps copies of "+
				"the official ones at public.ecr.aws/docker/library")
	}
	return fmt.Errorf("failed to read the base image %q: %s", reference, registryWords(answer))
}

// registryWords are what a registry answered, without the client's words around it.
func registryWords(answer *transport.Error) string {
	if len(answer.Errors) > 0 && answer.Errors[0].Message != "" {
		return fmt.Sprintf("%s (%s)", answer.Errors[0].Message, answer.Errors[0].Code)
	}
	return fmt.Sprintf("it answered %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
}
