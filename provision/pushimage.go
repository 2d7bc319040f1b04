package provision

import (
	"context"
	"fmt"

	"ecsctl/image"
	"ecsctl/provision/spec"
)

// PushedImage is an image in the account's registry.
type PushedImage struct {
	// Reference pins it: REPOSITORY@DIGEST.
	Reference string
	Tag       string
	Digest    string
	// Repository is what was done with the repository.
	Repository Change
	// Made is what was pushed; nil when the image was there already.
	Made *image.Image
}

// PushImage takes the image of the binaries, an index when there are several, to the
// pool's repository, which is made and put right as bootstrap does it. What is there
// already is not made and not pushed again. Of the Spec it needs Pool, Region, Names
// and Tags.
func PushImage(ctx context.Context, opts Options, binaries []*image.Binary) (PushedImage, error) {
	opts.Spec.Worker.Runtime, opts.Spec.Worker.Image = spec.RuntimeECSCTL, ""
	w := &world{spec: opts.Spec, version: opts.Version, aws: opts.Clients, log: opts.Logger, poll: opts.PollInterval,
		known: map[Kind]string{}}
	w.spec.Names = w.spec.Names.Or(spec.DeriveNames(w.spec.Pool, w.spec.Region))
	var err error
	if w.id, err = WhoAmI(ctx, opts.Clients); err != nil {
		return PushedImage{}, err
	}
	out, err := w.pushToRepository(ctx, binaries)
	return out, w.nameStatements(PolicyBootstrap, err)
}

func (w *world) pushToRepository(ctx context.Context, binaries []*image.Binary) (PushedImage, error) {
	repository := newRepository(w)
	if err := repository.find(ctx); err != nil {
		return PushedImage{}, err
	}
	out := PushedImage{Tag: image.Tag(binaries...), Repository: repository.diff()}
	if out.Repository.writes() {
		arn, err := repository.apply(ctx)
		if err != nil {
			return out, stepError(out.Repository, err)
		}
		out.Repository.ID = arn
	}
	var err error
	if out.Digest, err = w.imageDigest(ctx, repository.name(), out.Tag); err != nil {
		return out, explain(fmt.Sprintf("look for the image %q", repository.name()+":"+out.Tag), err)
	}
	uri := w.value(KindRepository)
	if out.Digest == "" {
		if out.Made, err = image.Build(binaries...); err != nil {
			return out, err
		}
		if out.Digest, err = w.pushImage(ctx, out.Made, uri, repository.name(), out.Tag); err != nil {
			return out, err
		}
	}
	out.Reference = uri + "@" + out.Digest
	return out, nil
}
