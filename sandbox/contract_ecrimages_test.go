package sandbox_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

func (c *clients) describeImages(t *testing.T, name *string,
	change func(*ecr.DescribeImagesInput)) []types.ImageDetail {
	t.Helper()
	in := &ecr.DescribeImagesInput{RepositoryName: name}
	if change != nil {
		change(in)
	}
	return must(c.ecr.DescribeImages(t.Context(), in))(t).ImageDetails
}

func TestImages(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name, img := c.repository(t, nil).RepositoryName, scripted(t, "amd64", "exit 0")
	for _, tag := range []string{"one", "two"} {
		if err := c.put(t, name, img, tag); err != nil {
			t.Fatal(err)
		}
	}
	got := c.describeImages(t, name, nil)
	if len(got) != 1 || *got[0].ImageDigest != digestOf(t, img) || *got[0].RepositoryName != *name ||
		*got[0].RegistryId != "123456789012" {
		t.Fatalf("got %+v", got)
	}
	slices.Sort(got[0].ImageTags)
	if !slices.Equal(got[0].ImageTags, []string{"one", "two"}) || got[0].ImagePushedAt == nil ||
		*got[0].ImageManifestMediaType != string(must(img.MediaType())(t)) {
		t.Errorf("got %+v", got[0])
	}
	byTag := c.describeImages(t, name, func(in *ecr.DescribeImagesInput) {
		in.ImageIds = []types.ImageIdentifier{{ImageTag: aws.String("two")}}
	})
	if len(byTag) != 1 || *byTag[0].ImageDigest != digestOf(t, img) {
		t.Errorf("got %+v by tag", byTag)
	}
	_, err := c.ecr.DescribeImages(t.Context(), &ecr.DescribeImagesInput{
		RepositoryName: name, ImageIds: []types.ImageIdentifier{{ImageTag: aws.String("three")}},
	})
	wantMessage(t, err, "ImageNotFoundException", "The image with imageId {imageDigest:'null', imageTag:'three'} "+
		"does not exist within the repository with name '"+*name+"'")
	_, err = c.ecr.DescribeImages(t.Context(), &ecr.DescribeImagesInput{RepositoryName: unique("contract/none")})
	wantCode(t, err, "RepositoryNotFoundException")
}

// TestSizeOfAnImage is documented: that of its layers as they are stored.
func TestSizeOfAnImage(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name, img := c.repository(t, nil).RepositoryName, scripted(t, "amd64", "exit 0")
	if err := c.put(t, name, img, "x"); err != nil {
		t.Fatal(err)
	}
	manifest := must(img.Manifest())(t)
	want := manifest.Config.Size
	for _, layer := range manifest.Layers {
		want += layer.Size
	}
	if got := c.describeImages(t, name, nil)[0]; *got.ImageSizeInBytes != want {
		t.Errorf("got %d bytes, want %d", *got.ImageSizeInBytes, want)
	}
}

func TestListImages(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := c.repository(t, nil).RepositoryName
	for tag, script := range map[string]string{"a": "exit 1", "b": "exit 2", "": "exit 3"} {
		if err := c.put(t, name, scripted(t, "amd64", script), tag); err != nil {
			t.Fatal(err)
		}
	}
	for status, want := range map[types.TagStatus]string{
		types.TagStatusTagged: "a b", types.TagStatusUntagged: "", "": " a b",
	} {
		in := &ecr.ListImagesInput{RepositoryName: name}
		if status != "" {
			in.Filter = &types.ListImagesFilter{TagStatus: status}
		}
		var tags []string
		for _, id := range must(c.ecr.ListImages(t.Context(), in))(t).ImageIds {
			tags = append(tags, aws.ToString(id.ImageTag))
		}
		slices.Sort(tags)
		if got := strings.Join(tags, " "); got != want || len(tags) == 0 {
			t.Errorf("got %q with %q, want %q", got, status, want)
		}
	}
}

func TestImagesComeInPages(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := c.repository(t, nil).RepositoryName
	for _, script := range []string{"exit 1", "exit 2", "exit 3"} {
		if err := c.put(t, name, scripted(t, "amd64", script), script[5:]); err != nil {
			t.Fatal(err)
		}
	}
	seen, n := map[string]bool{}, 0
	pages := ecr.NewDescribeImagesPaginator(c.ecr, &ecr.DescribeImagesInput{
		RepositoryName: name, MaxResults: aws.Int32(2),
	})
	for ; pages.HasMorePages(); n++ {
		for _, img := range must(pages.NextPage(t.Context()))(t).ImageDetails {
			seen[*img.ImageDigest] = true
		}
	}
	if n != 2 || len(seen) != 3 {
		t.Errorf("got %d images in %d pages", len(seen), n)
	}
}

func TestTagMovesToTheNewerImage(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := c.repository(t, nil).RepositoryName
	older, newer := scripted(t, "amd64", "exit 1"), scripted(t, "amd64", "exit 2")
	for _, err := range []error{c.put(t, name, older, "x"), c.put(t, name, newer, "x")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, img := range c.describeImages(t, name, nil) {
		want := 0
		if *img.ImageDigest == digestOf(t, newer) {
			want = 1
		}
		if len(img.ImageTags) != want {
			t.Errorf("got tags %v of %s", img.ImageTags, *img.ImageDigest)
		}
	}
	// The older one is kept, without a tag.
	byDigest := func(in *ecr.DescribeImagesInput) {
		in.ImageIds = []types.ImageIdentifier{{ImageDigest: aws.String(digestOf(t, older))}}
	}
	if got := c.describeImages(t, name, byDigest); len(got) != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestImageThatIsThereAlready(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name, img := c.repository(t, nil).RepositoryName, scripted(t, "amd64", "exit 0")
	if err := c.put(t, name, img, "x"); err != nil {
		t.Fatal(err)
	}
	wantMessage(t, c.put(t, name, img, "x"), "ImageAlreadyExistsException", "Image with digest '"+digestOf(t, img)+
		"' and tag 'x' already exists")
}

func TestImmutableTagStays(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := c.repository(t, func(in *ecr.CreateRepositoryInput) {
		in.ImageTagMutability = types.ImageTagMutabilityImmutable
	}).RepositoryName
	if err := c.put(t, name, scripted(t, "amd64", "exit 1"), "x"); err != nil {
		t.Fatal(err)
	}
	other := scripted(t, "amd64", "exit 2")
	wantMessage(t, c.put(t, name, other, "x"), "ImageTagAlreadyExistsException",
		"The image tag 'x' already exists in the '"+*name+"' repository and cannot be overwritten")
	if err := c.put(t, name, other, "y"); err != nil {
		t.Errorf("another tag: %v", err)
	}
}

func TestRepositoryWithImagesIsNotDeleted(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := c.repository(t, nil).RepositoryName
	if err := c.put(t, name, scripted(t, "amd64", "exit 0"), "x"); err != nil {
		t.Fatal(err)
	}
	_, err := c.ecr.DeleteRepository(t.Context(), &ecr.DeleteRepositoryInput{RepositoryName: name})
	wantMessage(t, err, "RepositoryNotEmptyException", "cannot be deleted because it still contains images")
	must(c.ecr.DeleteRepository(t.Context(), &ecr.DeleteRepositoryInput{RepositoryName: name, Force: true}))(t)
}

func TestBatchGetImage(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name, img := c.repository(t, nil).RepositoryName, scripted(t, "amd64", "exit 0")
	if err := c.put(t, name, img, "x"); err != nil {
		t.Fatal(err)
	}
	got := must(c.ecr.BatchGetImage(t.Context(), &ecr.BatchGetImageInput{RepositoryName: name,
		ImageIds: []types.ImageIdentifier{{ImageTag: aws.String("x")}, {ImageTag: aws.String("none")}}}))(t)
	if len(got.Images) != 1 || *got.Images[0].ImageManifest != string(must(img.RawManifest())(t)) ||
		*got.Images[0].ImageId.ImageDigest != digestOf(t, img) {
		t.Errorf("got images %+v", got.Images)
	}
	if len(got.Failures) != 1 || got.Failures[0].FailureCode != types.ImageFailureCodeImageNotFound ||
		*got.Failures[0].FailureReason != "Requested image not found" {
		t.Errorf("got failures %+v", got.Failures)
	}
}

func TestBatchDeleteImage(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name, img := c.repository(t, nil).RepositoryName, scripted(t, "amd64", "exit 0")
	for _, tag := range []string{"a", "b", "c"} {
		if err := c.put(t, name, img, tag); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(ids ...types.ImageIdentifier) *ecr.BatchDeleteImageOutput {
		return must(c.ecr.BatchDeleteImage(t.Context(), &ecr.BatchDeleteImageInput{
			RepositoryName: name, ImageIds: ids,
		}))(t)
	}
	if got := remove(types.ImageIdentifier{ImageTag: aws.String("a")}); len(got.ImageIds) != 1 ||
		*got.ImageIds[0].ImageTag != "a" {
		t.Errorf("got %+v", got)
	}
	if got := c.describeImages(t, name, nil); len(got) != 1 || len(got[0].ImageTags) != 2 {
		t.Errorf("got %+v after one tag", got)
	}
	failed := remove(types.ImageIdentifier{}, types.ImageIdentifier{ImageTag: aws.String("a")},
		types.ImageIdentifier{ImageDigest: aws.String("nonsense")}).Failures
	var codes []string
	for _, f := range failed {
		codes = append(codes, string(f.FailureCode))
	}
	if got := strings.Join(codes, " "); got != "MissingDigestAndTag ImageNotFound InvalidImageDigest" {
		t.Errorf("got failures %s", got)
	}
	if got := remove(types.ImageIdentifier{ImageDigest: aws.String(digestOf(t, img))}); len(got.ImageIds) != 2 {
		t.Errorf("got %+v by digest", got)
	}
	if got := c.describeImages(t, name, nil); len(got) != 0 {
		t.Errorf("got %+v at the end", got)
	}
}

func TestLayersThatAreNotThere(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := c.repository(t, nil).RepositoryName
	missing := "sha256:" + strings.Repeat("0", 64)
	got := must(c.ecr.BatchCheckLayerAvailability(t.Context(), &ecr.BatchCheckLayerAvailabilityInput{
		RepositoryName: name, LayerDigests: []string{missing, "nonsense"},
	}))(t)
	if len(got.Layers) != 0 || len(got.Failures) != 2 ||
		got.Failures[0].FailureCode != types.LayerFailureCodeMissingLayerDigest ||
		got.Failures[1].FailureCode != types.LayerFailureCodeInvalidLayerDigest {
		t.Errorf("got %+v, failures %+v", got.Layers, got.Failures)
	}
}
