package provision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"golang.org/x/sync/errgroup"

	"ecsctl/internal/awserr"
	"ecsctl/templates"
)

// repository is where images are, in the account's own registry: the worker's or those of flows.
type repository struct {
	w     *world
	kind  Kind
	named string
	// unchosen: the pool remembers that none was wanted, so that nobody need be allowed to look for one. Who may look
	// does: an earlier bootstrap may have made it.
	unchosen bool
	found    *foundRepository // nil: there is none
}

type foundRepository struct {
	arn, uri, lifecycle string
	scanOnPush          bool
	mutability          types.ImageTagMutability
	tags                map[string]string
}

func newRepository(w *world) *repository {
	return &repository{w: w, kind: KindRepository, named: w.spec.Names.Repository}
}

// newFlowRepository is where `ecsctl deploy` and `ecsctl image build` push the flows' images to.
func newFlowRepository(w *world) *repository {
	return &repository{w: w, kind: KindFlowRepository, named: w.spec.Names.FlowRepository}
}

func (r *repository) ref() (Kind, string) { return r.kind, r.name() }
func (r *repository) needs() []Kind       { return nil }
func (r *repository) name() string        { return r.named }
func (r *repository) owned() bool         { return r.found != nil && r.w.owns(r.found.tags) }
func (r *repository) check() error        { return nil }

func (r *repository) find(ctx context.Context) error {
	found, err := r.read(ctx)
	if r.unchosen && awserr.Denied(err) {
		found, err = nil, nil
	}
	if err != nil {
		return explain(fmt.Sprintf("read repository %q", r.name()), err)
	}
	r.found = found
	if found != nil {
		r.w.setValue(r.kind, found.uri)
	}
	return nil
}

// read looks at the repository, and then at its parts at the same time; none is nil.
func (r *repository) read(ctx context.Context) (*foundRepository, error) {
	out, err := r.w.aws.ECR.DescribeRepositories(ctx,
		&ecr.DescribeRepositoriesInput{RepositoryNames: []string{r.name()}})
	if awserr.HasCode(err, "RepositoryNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	got := out.Repositories[0]
	found := &foundRepository{arn: *got.RepositoryArn, uri: *got.RepositoryUri, mutability: got.ImageTagMutability}
	found.scanOnPush = got.ImageScanningConfiguration != nil && got.ImageScanningConfiguration.ScanOnPush
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error { return r.readTags(gctx, found) })
	group.Go(func() error { return r.readLifecycle(gctx, found) })
	err = group.Wait()
	if unlessGone(err) == nil && err != nil {
		return nil, nil // deleted since
	}
	return found, err
}

func (r *repository) readTags(ctx context.Context, found *foundRepository) error {
	out, err := r.w.aws.ECR.ListTagsForResource(ctx, &ecr.ListTagsForResourceInput{ResourceArn: aws.String(found.arn)})
	if err != nil {
		return err
	}
	found.tags = TagMap(out.Tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })
	return nil
}

func (r *repository) readLifecycle(ctx context.Context, found *foundRepository) error {
	out, err := r.w.aws.ECR.GetLifecyclePolicy(ctx, &ecr.GetLifecyclePolicyInput{RepositoryName: aws.String(r.name())})
	var none *types.LifecyclePolicyNotFoundException
	if errors.As(err, &none) {
		return nil
	}
	if err != nil {
		return err
	}
	found.lifecycle = aws.ToString(out.LifecyclePolicyText)
	return nil
}

func (r *repository) diff() Change {
	c := Change{Kind: r.kind, Name: r.name()}
	if r.found == nil {
		c.Action = Create
		return c
	}
	c.ID = r.found.arn
	if !r.owned() {
		c.Action, c.Reason = Adopt, "not made by ecsctl: used as is"
		return c
	}
	c.Fields = append(r.fields(), r.w.tagFields(r.found.tags)...)
	c.Action = updateIf(c.Fields)
	return c
}

func (r *repository) fields() []Field {
	fields := compare("imageTagMutability", string(r.found.mutability), string(types.ImageTagMutabilityImmutable))
	fields = append(fields, compare("scanOnPush", r.found.scanOnPush, true)...)
	return append(fields, r.lifecycleFields()...)
}

// lifecycleFields compares what the texts say, not how they are written.
func (r *repository) lifecycleFields() []Field {
	var before any
	if err := json.Unmarshal([]byte(r.found.lifecycle), &before); err != nil {
		before = nil // none, or one that is no JSON: it is replaced
	}
	if len(compare("", before, json.RawMessage(lifecyclePolicy()))) == 0 {
		return nil
	}
	return []Field{{Path: "lifecyclePolicy", Before: r.found.lifecycle, After: lifecyclePolicy()}}
}

// lifecyclePolicy lets what has no tag expire: a push that was broken off leaves it.
func lifecyclePolicy() string { return templates.Policy(templates.LifecyclePolicy, nil) }

func (r *repository) remove() Change {
	c := Change{Kind: r.kind, Name: r.name(), Action: Delete}
	switch {
	case r.found == nil:
		c.Action = None
	case !r.owned():
		c.ID, c.Action, c.Reason = r.found.arn, Leave, notOurs
	default:
		c.ID, c.Reason = r.found.arn, "with the images in it"
	}
	return c
}

func (r *repository) delete(ctx context.Context) error {
	_, err := r.w.aws.ECR.DeleteRepository(ctx, &ecr.DeleteRepositoryInput{
		RepositoryName: aws.String(r.name()), Force: true,
	})
	return explain("delete the repository", unlessGone(err))
}

// readURI asks for no more than where the repository is; "" is that there is none.
func (r *repository) readURI(ctx context.Context) (string, error) {
	out, err := r.w.aws.ECR.DescribeRepositories(ctx,
		&ecr.DescribeRepositoriesInput{RepositoryNames: []string{r.name()}})
	if awserr.HasCode(err, "RepositoryNotFoundException") {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return aws.ToString(out.Repositories[0].RepositoryUri), nil
}
