package provision

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"ecsctl/image"
	"ecsctl/internal/awserr"
	"ecsctl/internal/cabundle"
	"ecsctl/internal/hint"
)

// workerImage is the image of the binary at hand in the repository. Its tag names the
// binary's version and content, so that it is found without being made: nothing is
// compressed, and nothing pushed, when it is there.
type workerImage struct {
	w      *world
	digest string // of what is there, "" for none
}

func (i *workerImage) ref() (Kind, string) { return KindImage, i.name() }
func (i *workerImage) needs() []Kind       { return []Kind{KindRepository} }
func (i *workerImage) name() string        { return i.w.spec.Names.Repository + ":" + i.tag() }
func (i *workerImage) tag() string         { return image.Tag(i.w.binary) }
func (i *workerImage) check() error        { return nil }

func (i *workerImage) find(ctx context.Context) error {
	digest, err := i.w.imageDigest(ctx, i.w.spec.Names.Repository, i.tag())
	if err != nil {
		return explain(fmt.Sprintf("look for the image %q", i.name()), err)
	}
	i.digest = digest
	return nil
}

// imageDigest is that of what has the tag, "" when nothing has.
func (w *world) imageDigest(ctx context.Context, repository, tag string) (string, error) {
	out, err := w.aws.ECR.DescribeImages(ctx, &ecr.DescribeImagesInput{
		RepositoryName: aws.String(repository), ImageIds: []types.ImageIdentifier{{ImageTag: aws.String(tag)}},
	})
	if awserr.HasCode(err, "RepositoryNotFoundException", "ImageNotFoundException") {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if len(out.ImageDetails) == 0 {
		return "", nil
	}
	return aws.ToString(out.ImageDetails[0].ImageDigest), nil
}

func (i *workerImage) diff() Change {
	c := Change{Kind: KindImage, Name: i.name(), Action: Create, Reason: "linux/" + i.w.binary.Architecture}
	if i.digest != "" {
		c.Action, c.ID = None, i.digest
		i.use()
	}
	return c
}

// use hands the reference on to the task definition, by digest: what runs is what was
// pushed, whatever happens to the tag.
func (i *workerImage) use() { i.w.setValue(KindImage, i.w.value(KindRepository)+"@"+i.digest) }

func (i *workerImage) apply(ctx context.Context) (string, error) {
	if i.digest == "" {
		made, err := image.Build(i.w.binary)
		if err != nil {
			return "", err
		}
		if i.digest, err = i.w.pushImage(ctx, made, i.w.value(KindRepository), i.w.spec.Names.Repository,
			i.tag()); err != nil {
			return "", err
		}
	}
	i.use()
	return i.digest, nil
}

// pushImage pushes with the account's own credentials and returns the digest that the
// tag has: another bootstrap may have been faster, and tags are immutable.
func (w *world) pushImage(ctx context.Context, made *image.Image, uri, repository, tag string) (string, error) {
	login, err := w.registryLogin(ctx)
	if err != nil {
		return "", err
	}
	err = made.Push(ctx, image.Destination{
		Repository: w.aws.registryHost(uri), Login: login, UserAgent: "ecsctl/" + w.version,
	}, tag)
	if err == nil {
		return made.Digest.String(), nil
	}
	if digest, lookErr := w.imageDigest(ctx, repository, tag); lookErr == nil && digest == made.Digest.String() {
		return digest, nil
	}
	return "", explainPush(err)
}

// registryLogin asks ECR for a password, which is good for 12 hours.
func (w *world) registryLogin(ctx context.Context) (image.Login, error) {
	out, err := w.aws.ECR.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return image.Login{}, explain("sign in to the registry", err)
	}
	if len(out.AuthorizationData) == 0 {
		return image.Login{}, errors.New("failed to sign in to the registry: ECR gave no token")
	}
	plain, err := base64.StdEncoding.DecodeString(aws.ToString(out.AuthorizationData[0].AuthorizationToken))
	user, password, ok := strings.Cut(string(plain), ":")
	if err != nil || !ok {
		return image.Login{}, errors.New(
			"failed to sign in to the registry: ECR's token is not USER:PASSWORD in base64")
	}
	return image.Login{Username: user, Password: password}, nil
}

// explainPush says what to do about a push that failed.
func explainPush(err error) error {
	var push *image.PushError
	if errors.As(err, &push) && push.Denied() {
		return hint.Add(err, "ask for a policy that allows ecr:BatchCheckLayerAvailability, ecr:InitiateLayerUpload, "+
			"ecr:UploadLayerPart, ecr:CompleteLayerUpload and ecr:PutImage on the repository")
	}
	if advice := cabundle.Advice(err); advice != "" {
		return hint.Add(err, advice)
	}
	return hint.Add(err,
		"run the same command again: it continues where it stopped, or name an image of your own with "+
			"--image")
}
