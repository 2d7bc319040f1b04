package deployments

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-containerregistry/pkg/name"

	"ecsctl/operate"
	"ecsctl/provision"
)

// inECR is an image's private registry in ECR: account and region.
var inECR = regexp.MustCompile(`^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.`)

// MissingImage looks for images in ECR, each once. What the caller may not look at, and other
// registries, it takes for there.
func MissingImage(c *provision.Clients) func(ctx context.Context, check, image string) []operate.Check {
	known := map[string]string{}
	return func(ctx context.Context, check, image string) []operate.Check {
		why, looked := known[image]
		if !looked {
			why = whyMissing(ctx, c, image)
			known[image] = why
		}
		if why == "" {
			return nil
		}
		return []operate.Check{{Name: check, Status: operate.CheckFail, Reason: why,
			Fix: "push it, or name another one in the job variable image"}}
	}
}

func whyMissing(ctx context.Context, c *provision.Clients, image string) string {
	ref, err := name.ParseReference(image)
	if err != nil {
		return "" // the job's own checks have told
	}
	account, region, ok := PlaceInECR(ref)
	if !ok {
		return ""
	}
	why, err := LookInECR(ctx, c, ref, account, region)
	if err != nil {
		return ""
	}
	return why
}

// PlaceInECR is the account and region of an image in ECR, by the name of its registry; false for other registries.
func PlaceInECR(ref name.Reference) (account, region string, ok bool) {
	place := inECR.FindStringSubmatch(ref.Context().RegistryStr())
	if place == nil {
		return "", "", false
	}
	return place[1], place[2], true
}

// LookInECR returns why an image is missing in ECR, or "" when it is there. Errors are those of AWS, as they are.
func LookInECR(ctx context.Context, c *provision.Clients, ref name.Reference, account, region string) (string, error) {
	id := types.ImageIdentifier{ImageTag: aws.String(ref.Identifier())}
	if _, byDigest := ref.(name.Digest); byDigest {
		id = types.ImageIdentifier{ImageDigest: aws.String(ref.Identifier())}
	}
	repository := ref.Context().RepositoryStr()
	_, err := c.ECR.DescribeImages(ctx, &ecr.DescribeImagesInput{
		RegistryId: &account, RepositoryName: &repository, ImageIds: []types.ImageIdentifier{id},
	}, func(o *ecr.Options) { o.Region = region })
	var noRepository *types.RepositoryNotFoundException
	var noImage *types.ImageNotFoundException
	switch {
	case errors.As(err, &noRepository):
		return fmt.Sprintf("there is no ECR repository %q in account %s, region %s", repository, account, region), nil
	case errors.As(err, &noImage):
		return fmt.Sprintf("ECR repository %q has no image %q", repository, ref.Identifier()), nil
	}
	return "", err
}
