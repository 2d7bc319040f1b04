package sandbox_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// wantRegistryError fails unless the registry has answered with the status, the code and
// the text.
func wantRegistryError(t *testing.T, err error, status int, code, message string) {
	t.Helper()
	var refusal *transport.Error
	if !errors.As(err, &refusal) || refusal.StatusCode != status {
		t.Fatalf("got %v, want status %d", err, status)
	}
	if code == "" {
		return
	}
	if len(refusal.Errors) != 1 || string(refusal.Errors[0].Code) != code ||
		!strings.Contains(refusal.Errors[0].Message, message) {
		t.Errorf("got %+v, want %s %q", refusal.Errors, code, message)
	}
}

// TestPushedImagesAreThere goes the whole way with images for two architectures: pushed,
// described, pulled again and validated by the client.
func TestPushedImagesAreThere(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	images := map[string]v1.Image{"amd64": scripted(t, "amd64", "exit 1"), "arm64": scripted(t, "arm64", "exit 2")}
	index := indexOf(images)
	uri := c.push(t, index, "both")
	pulled := must(remote.Index(reference(t, uri, "both"), c.login(t)))(t)
	if err := validate.Index(pulled); err != nil || digestOf(t, pulled) != digestOf(t, index) {
		t.Errorf("got %s back, not %s: %v", digestOf(t, pulled), digestOf(t, index), err)
	}
	repo := uri[strings.Index(uri, "/")+1:]
	largest := int64(0)
	byDigest := map[string]types.ImageDetail{}
	for _, img := range c.describeImages(t, &repo, nil) {
		byDigest[*img.ImageDigest] = img
	}
	for architecture, img := range images {
		got := byDigest[digestOf(t, img)]
		if got.ImageDigest == nil || len(got.ImageTags) != 0 ||
			*got.ImageManifestMediaType != string(must(img.MediaType())(t)) ||
			time.Since(*got.ImagePushedAt) > time.Minute {
			t.Errorf("got %+v of %s", got, architecture)
			continue
		}
		largest = max(largest, *got.ImageSizeInBytes)
	}
	if got := byDigest[digestOf(t, index)]; !slices.Equal(got.ImageTags, []string{"both"}) ||
		*got.ImageSizeInBytes != largest {
		t.Errorf("got %+v of the index, want size %d", got, largest)
	}
	failed := must(c.ecr.BatchDeleteImage(t.Context(), &ecr.BatchDeleteImageInput{RepositoryName: &repo,
		ImageIds: []types.ImageIdentifier{{ImageDigest: aws.String(digestOf(t, images["arm64"]))}}}))(t).Failures
	if len(failed) != 1 || failed[0].FailureCode != types.ImageFailureCodeImageReferencedByManifestList {
		t.Errorf("got %+v for an image of an index", failed)
	}
	if tags := must(remote.List(must(name.NewRepository(uri))(t), c.login(t)))(t); !slices.Equal(tags,
		[]string{"both"}) {
		t.Errorf("got tags %v", tags)
	}
}

func TestRegistryWantsCredentials(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	resp := must(http.Get(c.server.URL() + "/v2/"))(t)
	defer resp.Body.Close()
	body := string(must(io.ReadAll(resp.Body))(t))
	challenge := resp.Header.Get("Www-Authenticate")
	if resp.StatusCode != http.StatusUnauthorized || challenge != `Basic realm="`+c.server.URL()+
		`/",service="ecr.amazonaws.com"` || body != "Not Authorized\n" {
		t.Errorf("got %d, challenge %s, body %q", resp.StatusCode, challenge, body)
	}
	ref := reference(t, c.push(t, scripted(t, "amd64", "exit 0"), "x"), "x")
	_, err := remote.Get(ref)
	wantRegistryError(t, err, http.StatusUnauthorized, "", "")
	_, err = remote.Get(ref, remote.WithAuth(&authn.Basic{Username: "AWS", Password: "invented"}))
	wantRegistryError(t, err, http.StatusForbidden, "DENIED",
		"Your authorization token has expired. Reauthenticate and try again.")
}

// TestTokenEndsWithItsSession uses the token of a task's role while and after it runs.
func TestTokenEndsWithItsSession(t *testing.T) {
	t.Parallel()
	c := running(t, tellCredentials, sandbox.Options{})
	ref := reference(t, c.push(t, scripted(t, "amd64", "exit 0"), "x"), "x")
	asTask := c.runWithRole(t)
	login := asTask.login(t)
	must(remote.Get(ref, login))(t)
	asTask.stop(t, c)
	_, err := remote.Get(ref, login)
	wantRegistryError(t, err, http.StatusForbidden, "DENIED", "expired")
}

func TestRegistryRefuses(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	first, second := scripted(t, "amd64", "exit 1"), scripted(t, "amd64", "exit 2")
	repo := c.repository(t, func(in *ecr.CreateRepositoryInput) {
		in.ImageTagMutability = types.ImageTagMutabilityImmutable
	})
	uri, login := *repo.RepositoryUri, c.login(t)
	c.pushTo(t, uri, first, "x")
	if err := remote.Write(reference(t, uri, "x"), first, login); err != nil {
		t.Errorf("the same image again: %v", err)
	}
	err := remote.Write(reference(t, uri, "x"), second, login)
	wantRegistryError(t, err, http.StatusBadRequest, "TAG_INVALID", "The image tag 'x' already exists in the '"+
		*repo.RepositoryName+"' repository and cannot be overwritten")
	err = remote.Write(reference(t, uri+"-none", "x"), first, login)
	wantRegistryError(t, err, http.StatusNotFound, "NAME_UNKNOWN", "The repository with name '"+*repo.RepositoryName+
		"-none' does not exist in the registry with id '123456789012'")
	_, err = remote.Get(reference(t, uri, "y"), login)
	wantRegistryError(t, err, http.StatusNotFound, "MANIFEST_UNKNOWN", "imageTag:'y'")
	other := *c.repository(t, nil).RepositoryUri
	err = remote.Put(reference(t, other, "x"), first, login)
	wantRegistryError(t, err, http.StatusNotFound, "BLOB_UNKNOWN", "required for pushing image")
	err = remote.Put(reference(t, other, "x"), indexOf(map[string]v1.Image{"amd64": first}), login)
	wantRegistryError(t, err, http.StatusNotFound, "MANIFEST_UNKNOWN", "required for pushing image")
	err = remote.Delete(reference(t, uri, "x"), login)
	wantRegistryError(t, err, http.StatusMethodNotAllowed, "UNSUPPORTED", "")
}

// TestUploadInParts speaks the protocol by hand, as clients other than ours do.
func TestUploadInParts(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	repo := c.repository(t, nil)
	data := must(c.ecr.GetAuthorizationToken(t.Context(), &ecr.GetAuthorizationTokenInput{}))(t).AuthorizationData[0]
	send := func(method, url, content string, header ...string) *http.Response {
		t.Helper()
		req := must(http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(content)))(t)
		req.Header.Set("Authorization", "Basic "+*data.AuthorizationToken)
		for i := 0; i+1 < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		resp := must(http.DefaultClient.Do(req))(t)
		t.Cleanup(func() { resp.Body.Close() })
		return resp
	}
	begun := send("POST", *data.ProxyEndpoint+"/v2/"+*repo.RepositoryName+"/blobs/uploads/", "")
	location := begun.Header.Get("Location")
	if begun.StatusCode != http.StatusAccepted || location == "" {
		t.Fatalf("got %d, location %q", begun.StatusCode, location)
	}
	const digest = "sha256:dffd6021bb2bd5b0af676290809ec3a53191dd81c7f70a4b28688a362182986f" // of "Hello, World!"
	for _, step := range []struct {
		method, url, content, contentRange string
		status                             int
		answered                           string // Range
	}{
		{"PATCH", location, "Hello, ", "0-6", http.StatusAccepted, "0-6"},
		{"PATCH", location, "again", "3-7", http.StatusRequestedRangeNotSatisfiable, "0-6"},
		{"GET", location, "", "", http.StatusNoContent, "0-6"},
		{"PATCH", location, "World!", "7-12", http.StatusAccepted, "0-12"},
		{"PUT", location + "?digest=nonsense", "", "", http.StatusBadRequest, ""},
		{"PUT", location + "?digest=sha256:" + strings.Repeat("0", 64), "", "", http.StatusBadRequest, ""},
		{"PUT", location + "?digest=" + digest, "", "", http.StatusCreated, ""},
		{"GET", location, "", "", http.StatusNotFound, ""},
	} {
		var header []string
		if step.contentRange != "" {
			header = []string{"Content-Range", step.contentRange}
		}
		resp := send(step.method, step.url, step.content, header...)
		if resp.StatusCode != step.status || resp.Header.Get("Range") != step.answered {
			t.Errorf("%s %s: got %d, range %q", step.method, step.url, resp.StatusCode, resp.Header.Get("Range"))
		}
	}
	url := *must(c.ecr.GetDownloadUrlForLayer(t.Context(), &ecr.GetDownloadUrlForLayerInput{
		RepositoryName: repo.RepositoryName, LayerDigest: aws.String(digest),
	}))(t).DownloadUrl
	for _, from := range []string{url, strings.Replace(url, "signature=", "signature=0", 1)} {
		resp := must(http.Get(from))(t) // needs no credentials
		defer resp.Body.Close()
		body := string(must(io.ReadAll(resp.Body))(t))
		if (from == url) != (resp.StatusCode == http.StatusOK && body == "Hello, World!") {
			t.Errorf("got %d %q from %s", resp.StatusCode, body, from)
		}
	}
	layers := must(c.ecr.BatchCheckLayerAvailability(t.Context(), &ecr.BatchCheckLayerAvailabilityInput{
		RepositoryName: repo.RepositoryName, LayerDigests: []string{digest},
	}))(t).Layers
	if len(layers) != 1 || *layers[0].LayerSize != 13 ||
		layers[0].LayerAvailability != types.LayerAvailabilityAvailable {
		t.Errorf("got %+v", layers)
	}
}

// TestFaultsOfTheRegistry: its requests are recorded, and fail, under the names of IAM's actions.
func TestFaultsOfTheRegistry(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	img := scripted(t, "amd64", "exit 0")
	uri, login := *c.repository(t, nil).RepositoryUri, c.login(t)
	c.server.AddFault(fault.Fault{Service: "ecr", Operation: "PutImage", Kind: fault.AccessDenied})
	err := remote.Write(reference(t, uri, "x"), img, login)
	wantRegistryError(t, err, http.StatusForbidden, "DENIED", "is not authorized to perform: ecr:PutImage")
	c.server.ForgetCalls()
	c.server.AddFault(fault.Fault{Service: "ecr", Operation: "PutImage", Kind: fault.DropAfter})
	if err := remote.Write(reference(t, uri, "x"), img, login); err != nil {
		t.Errorf("a dropped answer is not tried again: %v", err)
	}
	pushed := 0
	for _, call := range c.server.Calls() {
		if call.String() == "ecr:PutImage" {
			pushed++
		}
	}
	if pushed < 2 {
		t.Errorf("got %d calls of PutImage: %v", pushed, c.server.Calls())
	}
}
