package ecr

import (
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"ecsctl/sandbox/internal/wire"
)

// image is a manifest in a repository with the tags that lead to it.
type image struct {
	*manifest
	tags   []string
	pushed time.Time
	pulled *time.Time
	size   int64
}

var validTag = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)

// tagged finds the image that a tag leads to; nil when there is none.
func (repo *repository) tagged(tag string) *image {
	for _, img := range repo.images {
		if slices.Contains(img.tags, tag) {
			return img
		}
	}
	return nil
}

// sorted is all images in the order of their arrival.
func (repo *repository) sorted() []*image {
	var out []*image
	for _, img := range repo.images {
		out = append(out, img)
	}
	slices.SortFunc(out, func(a, b *image) int {
		if c := a.pushed.Compare(b.pushed); c != 0 {
			return c
		}
		if a.digest < b.digest {
			return -1
		}
		return 1
	})
	return out
}

// put adds a manifest, and the tag if there is one; s.mu is held. again says that all
// of it was there before.
func (s *Service) put(repo *repository, m *manifest, tag string) (img *image, again bool, err error) {
	if tag != "" && !validTag.MatchString(tag) {
		return nil, false, invalid("imageTag", "must satisfy regular expression '[a-zA-Z0-9-_.]{1,128}'")
	}
	if err := s.checkParts(repo, m); err != nil {
		return nil, false, err
	}
	previous := repo.tagged(tag)
	if previous != nil && previous.digest != m.digest &&
		repo.api.ImageTagMutability == types.ImageTagMutabilityImmutable {
		return nil, false, wire.Errorf("ImageTagAlreadyExistsException",
			"The image tag '%s' already exists in the '%s' repository and cannot be overwritten because the tag is "+
				"immutable.", tag, repo.name)
	}
	img, again = repo.images[m.digest], true
	if img == nil {
		img, again = &image{manifest: m, pushed: time.Now(), size: repo.sizeOf(m)}, false
		repo.images[m.digest] = img
	}
	if tag == "" || previous == img {
		return img, again, nil
	}
	if previous != nil {
		previous.untag(tag)
	}
	img.tags = append(img.tags, tag)
	return img, false, nil
}

// checkParts refuses a manifest whose layers or images were not pushed before it.
func (s *Service) checkParts(repo *repository, m *manifest) error {
	var missing []string
	for _, layer := range m.layers() {
		if _, ok := repo.layers[layer.Digest.String()]; !ok {
			missing = append(missing, layer.Digest.String())
		}
	}
	code, what := "LayersNotFoundException", "Layers"
	for _, child := range m.children() {
		if repo.images[child.Digest.String()] == nil {
			code, what = "ReferencedImagesNotFoundException", "Images"
			missing = append(missing, child.Digest.String())
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return wire.Errorf(code, "%s with digests '%v' required for pushing image into repository with name '%s' in the "+
		"registry with id '%s' do not exist",
		what, missing, repo.name, s.cfg.Account)
}

// sizeOf an image is that of its layers as they are stored, and of an index that of its
// largest image, as DescribeImages documents it.
func (repo *repository) sizeOf(m *manifest) int64 {
	size := int64(0)
	for _, layer := range m.layers() {
		size += layer.Size
	}
	for _, child := range m.children() {
		if img := repo.images[child.Digest.String()]; img != nil {
			size = max(size, img.size)
		}
	}
	return size
}

func (img *image) untag(tag string) {
	img.tags = slices.DeleteFunc(img.tags, func(t string) bool { return t == tag })
}

// id of the image under one of its tags; "" for none.
func (img *image) id(tag string) types.ImageIdentifier {
	id := types.ImageIdentifier{ImageDigest: aws.String(img.digest)}
	if tag != "" {
		id.ImageTag = &tag
	}
	return id
}

// lookUp finds what an identifier names: by tag, by digest, or by both.
func (repo *repository) lookUp(id types.ImageIdentifier) *image {
	if id.ImageDigest != nil {
		img := repo.images[*id.ImageDigest]
		if img != nil && id.ImageTag != nil && !slices.Contains(img.tags, *id.ImageTag) {
			return nil
		}
		return img
	}
	return repo.tagged(aws.ToString(id.ImageTag))
}

func (s *Service) imageNotFound(repo *repository, id types.ImageIdentifier) *wire.Error {
	text := func(p *string) string {
		if p == nil {
			return "null"
		}
		return *p
	}
	return wire.Errorf("ImageNotFoundException", "The image with imageId {imageDigest:'%s', imageTag:'%s'} does not "+
		"exist within the repository with name '%s' in the registry with id '%s'",
		text(id.ImageDigest), text(id.ImageTag), repo.name, s.cfg.Account)
}

// parents are the indexes that list an image.
func (repo *repository) parents(digest string) []string {
	var out []string
	for _, img := range repo.sorted() {
		for _, child := range img.children() {
			if child.Digest.String() == digest {
				out = append(out, img.digest)
				break
			}
		}
	}
	return out
}
