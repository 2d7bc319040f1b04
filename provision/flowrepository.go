package provision

import (
	"context"
	"fmt"

	"ecsctl/image"
	"ecsctl/internal/hint"
	"ecsctl/internal/shellword"
	"ecsctl/provision/spec"
)

// FlowRepository is where the images of a pool's flows go.
type FlowRepository struct {
	URI string
	// PushTo is URI, or the same by the registry's FIPS endpoint.
	PushTo string
	Login  image.Login
}

// FindFlowRepository finds the repository that bootstrap has made for the flows of a pool, and signs in to it. Of the
// Spec it needs Pool, Region and Names.
func FindFlowRepository(ctx context.Context, opts Options) (FlowRepository, error) {
	w := &world{spec: opts.Spec, version: opts.Version, aws: opts.Clients, log: opts.Logger, known: map[Kind]string{}}
	w.spec.Names = w.spec.Names.Or(spec.DeriveNames(w.spec.Pool, w.spec.Region))
	var err error
	if w.id, err = WhoAmI(ctx, opts.Clients); err != nil {
		return FlowRepository{}, err
	}
	out, err := w.findFlowRepository(ctx)
	return out, w.nameStatements(PolicyDeploy, err)
}

func (w *world) findFlowRepository(ctx context.Context) (FlowRepository, error) {
	r := newFlowRepository(w)
	uri, err := r.readURI(ctx)
	if err != nil {
		return FlowRepository{}, explain(fmt.Sprintf("read repository %q", r.name()), err)
	}
	if uri == "" {
		return FlowRepository{},
			hint.Add(fmt.Errorf("there is no repository %q for the flows of work pool %q in account %s, region %s",
				r.name(),
				w.spec.Pool, w.id.Account, w.id.Region),
				"make it: ecsctl bootstrap --pool "+shellword.Quote(w.spec.Pool),
				"or push to one of your own, in any registry: --repository REPOSITORY")
	}
	login, err := w.registryLogin(ctx)
	return FlowRepository{URI: uri, PushTo: w.aws.registryHost(uri), Login: login}, err
}
