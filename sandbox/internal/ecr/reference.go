package ecr

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

// Reference names an image of this registry.
type Reference struct {
	Repository string
	id         types.ImageIdentifier
}

// Reference takes an image of a task definition apart; ok is false for one of another
// registry. Besides the sandbox's own host it knows the one that AWS would give this
// account, so that a task definition made for AWS runs here.
func (s *Service) Reference(image string) (ref Reference, ok bool) {
	host, rest, found := strings.Cut(image, "/")
	if !found || host != s.Host() && host != s.awsHost() {
		return Reference{}, false
	}
	rest, digest, byDigest := strings.Cut(rest, "@")
	name, tag, byTag := strings.Cut(rest, ":")
	ref.Repository = name
	switch {
	case byDigest: // a tag beside it is for people
		ref.id.ImageDigest = &digest
	case byTag:
		ref.id.ImageTag = &tag
	default:
		tag = "latest"
		ref.id.ImageTag = &tag
	}
	return ref, true
}

func (s *Service) awsHost() string {
	suffix := ".amazonaws.com"
	if s.cfg.Partition == "aws-cn" {
		suffix += ".cn"
	}
	return s.cfg.Account + ".dkr.ecr." + s.cfg.Region + suffix
}
