package flowimage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"ecsctl/internal/cabundle"
)

// tagLength is how much of the digest a tag has: what has no tag expires.
const tagLength = 32

// Tag is the image's, made of its digest.
func (i *Image) Tag() string { return strings.TrimPrefix(i.Digest, "sha256:")[:tagLength] }

// Pushed is what a push came to.
type Pushed struct {
	// Reference pins the image: REPOSITORY@DIGEST.
	Reference string
	// Bytes is how much of layers and configuration was sent: what the registry has already is not sent again.
	Bytes int64
}

// PushError is a registry that did not take an image.
type PushError struct {
	Reference string
	// Status is the registry's answer, 0 when there was none.
	Status int
	err    error
}

// Error implements error.
func (e *PushError) Error() string {
	var answer *transport.Error
	if errors.As(e.err, &answer) {
		return fmt.Sprintf("failed to push the flows' image to %q: %s", e.Reference, registryWords(answer))
	}
	return fmt.Sprintf("failed to push the flows' image to %q: %s", e.Reference, e.err)
}

// Unwrap gives the registry client's error.
func (e *PushError) Unwrap() error { return e.err }

// Push takes the image to a repository. An image that is there is not touched: its tags may be immutable.
func (i *Image) Push(ctx context.Context, repository string, keychain authn.Keychain, agent string) (Pushed, error) {
	to, err := name.NewRepository(repository)
	if err != nil {
		return Pushed{}, fmt.Errorf("%q is not a repository of a registry: %w", repository, err)
	}
	out := Pushed{Reference: to.Name() + "@" + i.Digest}
	counted := &countingTransport{next: cabundle.Transport(remote.DefaultTransport)}
	options := []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(keychain),
		remote.WithUserAgent(agent), remote.WithTransport(counted)}
	if _, err := remote.Head(to.Tag(i.Tag()), options...); err == nil {
		return out, nil
	}
	i.note("pushing to " + to.Name())
	err = remote.Write(to.Tag(i.Tag()), i.image, options...)
	out.Bytes = counted.sent.Load()
	if err == nil {
		return out, nil
	}
	if ctx.Err() != nil {
		return out, ctx.Err()
	}
	failed := &PushError{Reference: to.Name(), err: err}
	var answer *transport.Error
	if errors.As(err, &answer) {
		failed.Status = answer.StatusCode
	}
	return out, failed
}

// countingTransport counts the bytes of blobs that are sent.
type countingTransport struct {
	next http.RoundTripper
	sent atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (t *countingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil && strings.Contains(r.URL.Path, "/blobs/") {
		r = r.Clone(r.Context())
		r.Body = countedBody{r.Body, &t.sent}
	}
	return t.next.RoundTrip(r)
}

type countedBody struct {
	io.ReadCloser
	sent *atomic.Int64
}

// Read implements io.Reader.
func (b countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.sent.Add(int64(n))
	return n, err
}
