package image

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"ecsctl/internal/bounded"
	"ecsctl/internal/cabundle"
)

// maxAnswer bounds what a registry answers to a push: tokens, errors and manifests, and no layers.
const maxAnswer = 16 << 20

// Login is a user name and password for a registry; without a name it is anonymous.
type Login struct{ Username, Password string }

// Destination is a repository of a registry.
type Destination struct {
	// Repository is such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/prefect/etl/worker.
	Repository string
	Login      Login
	// UserAgent is sent along.
	UserAgent string
}

func (d Destination) reference(tag string) (name.Tag, error) {
	repository, err := name.NewRepository(d.Repository)
	if err != nil {
		return name.Tag{}, fmt.Errorf("%q is not a repository of a registry: %w", d.Repository, err)
	}
	return repository.Tag(tag), nil
}

func (d Destination) options(ctx context.Context) []remote.Option {
	auth := authn.Anonymous
	if d.Login.Username != "" {
		auth = &authn.Basic{Username: d.Login.Username, Password: d.Login.Password}
	}
	return []remote.Option{remote.WithContext(ctx), remote.WithAuth(auth), remote.WithUserAgent(d.UserAgent),
		remote.WithTransport(bounded.Transport{Next: cabundle.Transport(remote.DefaultTransport), Limit: maxAnswer})}
}

// Push takes the image to the registry under a tag. Blobs that are there are not sent
// again. A *PushError says what the registry answered.
func (i *Image) Push(ctx context.Context, to Destination, tag string) error {
	reference, err := to.reference(tag)
	if err != nil {
		return err
	}
	if i.index != nil {
		err = remote.WriteIndex(reference, i.index, to.options(ctx)...)
	} else {
		err = remote.Write(reference, i.Parts[0].image, to.options(ctx)...)
	}
	if err != nil {
		return &PushError{Reference: reference.String(), err: err}
	}
	return nil
}

// PushError is a push that failed.
type PushError struct {
	Reference string
	err       error
}

// Error implements error.
func (e *PushError) Error() string {
	return fmt.Sprintf("failed to push the image to %q: %s", e.Reference, e.reason())
}

// Unwrap gives the registry client's error.
func (e *PushError) Unwrap() error { return e.err }

// Denied reports whether the registry knows who pushes and does not let them.
func (e *PushError) Denied() bool {
	var answer *transport.Error
	return errors.As(e.err, &answer) && answer.StatusCode == http.StatusForbidden
}

// reason is the registry's own words, without the client's.
func (e *PushError) reason() string {
	var answer *transport.Error
	if !errors.As(e.err, &answer) {
		return e.err.Error()
	}
	if len(answer.Errors) > 0 && answer.Errors[0].Message != "" {
		return fmt.Sprintf("%s (%s)", answer.Errors[0].Message, answer.Errors[0].Code)
	}
	return fmt.Sprintf("the registry answered %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
}

// Head returns the digest that a tag has in the registry; "" means that there is none.
func Head(ctx context.Context, in Destination, tag string) (string, error) {
	reference, err := in.reference(tag)
	if err != nil {
		return "", err
	}
	descriptor, err := remote.Head(reference, in.options(ctx)...)
	var answer *transport.Error
	if errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("failed to look for %q: %w", reference, err)
	}
	return descriptor.Digest.String(), nil
}
