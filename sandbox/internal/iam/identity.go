package iam

import (
	"crypto/rand"
	"fmt"
	"regexp"

	"ecsctl/sandbox/internal/wire"
)

// pathSyntax is "/" or words between slashes.
var pathSyntax = regexp.MustCompile(`^/([!-~]+/)?$`)

const maxPath = 512

func checkPath(path string) error {
	if path == "" || pathSyntax.MatchString(path) && len(path) <= maxPath {
		return nil
	}
	return wire.Errorf("ValidationError", "The specified value for path is invalid. It must begin and end with / and "+
		"contain only alphanumeric characters and/or / characters.")
}

// newIdentity makes a "user" or a "role"; path "" is "/".
func (s *Service) newIdentity(kind, idPrefix, path, name string) identity {
	if path == "" {
		path = "/"
	}
	return identity{
		name: name, path: path, id: idPrefix + rand.Text()[:17], arn: s.arn(kind, path, name),
		created: s.clock.Now(), inline: map[string]string{},
	}
}

func (s *Service) arn(kind, path, name string) string {
	return fmt.Sprintf("arn:%s:iam::%s:%s%s%s", s.partition, s.account, kind, path, name)
}

// checkBoundary takes a managed policy that is there, or none.
func (s *Service) checkBoundary(arn string) error {
	if arn == "" {
		return nil
	}
	if !s.isPolicy(arn) {
		return noSuchEntity("Scope ARN: %s does not exist or is not attachable.", arn)
	}
	return s.mayRely(arn)
}

func (i *identity) boundaryXML() *boundary {
	if i.boundary == "" {
		return nil
	}
	return &boundary{"Policy", i.boundary}
}

func (i *identity) tagsXML() *wire.Members[tag] {
	if len(i.tags) == 0 {
		return nil
	}
	return &wire.Members[tag]{Member: i.tags}
}
