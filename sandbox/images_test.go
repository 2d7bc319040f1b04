package sandbox_test

import (
	"archive/tar"
	"bytes"
	"encoding/base64"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// archive makes a tar archive of files with these contents, which all can be run.
func archive(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for path, content := range files {
		if err := w.WriteHeader(&tar.Header{
			Name: path, Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(content)),
		}); err != nil {
			t.Fatal(err)
		}
		must(io.WriteString(w, content))(t)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func layerOf(t *testing.T, files map[string]string) v1.Layer {
	t.Helper()
	data := archive(t, files)
	return must(tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data)), nil
	}))(t)
}

// imageOf makes an image for linux and an architecture.
func imageOf(t *testing.T, architecture string, config v1.Config, layers ...v1.Layer) v1.Image {
	t.Helper()
	img := must(mutate.AppendLayers(empty.Image, layers...))(t)
	file := must(img.ConfigFile())(t).DeepCopy()
	file.OS, file.Architecture, file.Config = "linux", architecture, config
	return must(mutate.ConfigFile(img, file))(t)
}

// shell is what runs scripts of images that bring none.
func shell() []string {
	var out []string
	for _, path := range []string{"/bin", "/lib", "/lib64", "/usr"} {
		if _, err := os.Stat(path); err == nil {
			out = append(out, path)
		}
	}
	return out
}

// scripted is an image whose entry point is the shell script.
func scripted(t *testing.T, architecture, script string) v1.Image {
	t.Helper()
	return imageOf(t, architecture, v1.Config{Entrypoint: []string{"/app"}},
		layerOf(t, map[string]string{"app": "#!/bin/sh\n" + script}))
}

func indexOf(images map[string]v1.Image) v1.ImageIndex {
	var adds []mutate.IndexAddendum
	for _, architecture := range []string{"arm64", "amd64"} {
		if img := images[architecture]; img != nil {
			adds = append(adds, mutate.IndexAddendum{
				Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: architecture}},
			})
		}
	}
	return mutate.AppendManifests(empty.Index, adds...)
}

// login is what `aws ecr get-login-password` gives, for a client of the registry.
func (c *clients) login(t *testing.T) remote.Option {
	t.Helper()
	data := must(c.ecr.GetAuthorizationToken(t.Context(), &ecr.GetAuthorizationTokenInput{}))(t).AuthorizationData
	text := must(base64.StdEncoding.DecodeString(*data[0].AuthorizationToken))(t)
	user, password, _ := strings.Cut(string(text), ":")
	return remote.WithAuth(authn.FromConfig(authn.AuthConfig{Username: user, Password: password}))
}

// reference is that of a tag ("x") or a digest ("sha256:...") in a repository.
func reference(t *testing.T, repositoryURI, identifier string) name.Reference {
	t.Helper()
	separator := ":"
	if strings.Contains(identifier, ":") {
		separator = "@"
	}
	return must(name.ParseReference(repositoryURI + separator + identifier))(t)
}

// push makes a repository and pushes an image or an index to it.
func (c *clients) push(t *testing.T, what partial.Describable, tag string) (repositoryURI string) {
	t.Helper()
	uri := *c.repository(t, nil).RepositoryUri
	c.pushTo(t, uri, what, tag)
	return uri
}

func (c *clients) pushTo(t *testing.T, repositoryURI string, what partial.Describable, tag string) {
	t.Helper()
	ref, err := reference(t, repositoryURI, tag), error(nil)
	switch what := what.(type) {
	case v1.ImageIndex:
		err = remote.WriteIndex(ref, what, c.login(t))
	case v1.Image:
		err = remote.Write(ref, what, c.login(t))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func digestOf(t *testing.T, what partial.Describable) string {
	t.Helper()
	return must(what.Digest())(t).String()
}

// put makes an image with PutImage alone; its layers go through the registry where there
// is one, which moto has not.
func (c *clients) put(t *testing.T, repositoryName *string, img v1.Image, tag string) error {
	t.Helper()
	if c.server != nil {
		c.pushLayers(t, repositoryName, img)
	}
	in := &ecr.PutImageInput{
		RepositoryName: repositoryName, ImageDigest: aws.String(digestOf(t, img)),
		ImageManifest:          aws.String(string(must(img.RawManifest())(t))),
		ImageManifestMediaType: aws.String(string(must(img.MediaType())(t))),
	}
	if tag != "" {
		in.ImageTag = &tag
	}
	_, err := c.ecr.PutImage(t.Context(), in)
	return err
}

func (c *clients) pushLayers(t *testing.T, repositoryName *string, img v1.Image) {
	t.Helper()
	repo := must(name.NewRepository(strings.TrimPrefix(c.server.URL(), "http://") + "/" + *repositoryName))(t)
	layers := append(must(img.Layers())(t), must(partial.ConfigLayer(img))(t))
	for _, layer := range layers {
		if err := remote.WriteLayer(repo, layer, c.login(t)); err != nil {
			t.Fatal(err)
		}
	}
}
