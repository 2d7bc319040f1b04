package deploy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"ecsctl/commands/console"
	"ecsctl/commands/workercmd"
	"ecsctl/image/flowimage"
	"ecsctl/internal/buildinfo"
	"ecsctl/internal/cabundle"
	"ecsctl/internal/hint"
	"ecsctl/internal/userpython"
	"ecsctl/provision"
)

// imageMaker makes the image of flows and takes it to a repository.
type imageMaker struct {
	streams console.Streams
	opts    flowImageOptions
	options provision.Options
	python  userpython.Python
	// pushTo is the account's repository by the host that images are pushed to.
	pushTo string
	// prefect is the version for projects that name none.
	prefect string
}

// slowToPull is from which size on a SOCI index pays, by AWS's own word.
const slowToPull = 250 << 20

// make builds and pushes; flows are the entrypoints to import before that.
func (m *imageMaker) make(ctx context.Context, flows []string) (*flowimage.Image, flowimage.Pushed, error) {
	repository, keychain, err := m.destination(ctx)
	if err != nil {
		return nil, flowimage.Pushed{}, err
	}
	agent := "ecsctl/" + buildinfo.Version()
	o := m.opts
	made, err := flowimage.Build(ctx, flowimage.Options{
		Dir: o.Dir, Flows: flows, Requirements: o.Requirements, Base: o.Base, Architecture: o.Architecture,
		Python:      o.Python,
		Compression: o.Compression, Prefect: m.prefect, LocalPython: m.python.Path, Cache: o.Cache, Refresh: o.Refresh,
		Keychain: keychain, UserAgent: agent, Note: func(text string) { console.Printf(m.streams.Err, "%s\n", text) },
	})
	if errors.Is(err, flowimage.ErrNoPrefectVersion) {
		err = hint.Add(err, "add prefect to the project's dependencies, in the version of your server")
	}
	if err != nil {
		return nil, flowimage.Pushed{}, err
	}
	if made.Size > slowToPull {
		made.Warnings = append(made.Warnings,
			fmt.Sprintf("the image is %s compressed, and Fargate pulls all of it before each run: "+
				"leave out what the flows do not need, or make a SOCI index (docs/deploying.md)",
				workercmd.Megabytes(made.Size)))
	}
	for _, warning := range made.Warnings {
		console.Printf(m.streams.Err, "warning: %s\n", warning)
	}
	pushed, err := made.Push(ctx, cmp.Or(m.pushTo, repository), keychain, agent)
	if err != nil {
		return made, pushed, m.explainPush(err)
	}
	if m.pushTo != "" {
		pushed.Reference = repository + "@" + made.Digest // tasks pull by the repository's own name
	}
	console.Printf(m.streams.Err,
		"image: %s (dependencies %s from %s, code %s in %d files), Python %s, Prefect %s; pushed %s\n",
		workercmd.Megabytes(made.Size), workercmd.Megabytes(made.Packages), made.From, kilobytes(made.Code),
		len(made.Files), made.Python,
		made.Prefect, kilobytes(pushed.Bytes))
	return made, pushed, nil
}

func kilobytes(bytes int64) string {
	if bytes >= 1e6 {
		return workercmd.Megabytes(bytes)
	}
	return fmt.Sprintf("%.1f kB", float64(bytes)/1e3)
}

// destination is the repository and who we are to registries: the account for its own, and what Docker knows for
// others.
func (m *imageMaker) destination(ctx context.Context) (string, authn.Keychain, error) {
	if m.opts.Repository != "" {
		return m.opts.Repository, authn.DefaultKeychain, nil
	}
	repository, err := provision.FindFlowRepository(ctx, m.options)
	if err != nil {
		return "", nil, err
	}
	host, err := name.NewRepository(repository.URI)
	if err != nil {
		return "", nil, fmt.Errorf("%q is not a repository of a registry: %w", repository.URI, err)
	}
	m.pushTo = repository.PushTo
	own := ownRegistry{hosts: []string{host.RegistryStr(), hostOf(m.pushTo)},
		auth: &authn.Basic{Username: repository.Login.Username,
			Password: repository.Login.Password}}
	return repository.URI, authn.NewMultiKeychain(own, authn.DefaultKeychain), nil
}

func hostOf(repository string) string {
	host, _, _ := strings.Cut(repository, "/")
	return host
}

// ownRegistry signs in to the account's own registry.
type ownRegistry struct {
	hosts []string
	auth  authn.Authenticator
}

// Resolve implements authn.Keychain.
func (r ownRegistry) Resolve(resource authn.Resource) (authn.Authenticator, error) {
	if slices.Contains(r.hosts, resource.RegistryStr()) {
		return r.auth, nil
	}
	return authn.Anonymous, nil
}

// explainPush says what to do about a registry that did not take the image.
func (m *imageMaker) explainPush(err error) error {
	var push *flowimage.PushError
	if !errors.As(err, &push) {
		return err
	}
	if advice := cabundle.Advice(err); advice != "" {
		return hint.Add(err, advice)
	}
	switch {
	case push.Status == http.StatusForbidden && m.opts.Repository == "":
		return hint.Add(err, fmt.Sprintf("ask for the policy that `ecsctl policy deploy --pool %s` prints",
			m.options.Spec.Pool))
	case push.Status == http.StatusForbidden || push.Status == http.StatusUnauthorized:
		return hint.Add(err, "sign in as you do for Docker, whose credentials are used: docker login")
	case push.Status == http.StatusNotFound:
		return hint.Add(err, "the registry has no such repository: make it first")
	}
	return hint.Add(err, "run the same command again: layers that have arrived are not sent again")
}
