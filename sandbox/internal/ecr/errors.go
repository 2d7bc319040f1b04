package ecr

import (
	"ecsctl/sandbox/internal/wire"
)

func (s *Service) repositoryNotFound(name string) *wire.Error {
	return wire.Errorf("RepositoryNotFoundException",
		"The repository with name '%s' does not exist in the registry with id '%s'", name, s.cfg.Account)
}

// invalid words a parameter that does not satisfy what is asked of it.
func invalid(parameter, constraint string) *wire.Error {
	return wire.Errorf("InvalidParameterException", "Invalid parameter at '%s' failed to satisfy constraint: '%s'",
		parameter, constraint)
}

var badToken = wire.Errorf("InvalidParameterException",
	"Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid token'")

// pageSize checks maxResults; ECR allows 1000 everywhere and takes 100 by itself.
func pageSize(maxResults *int32) (int, error) {
	if maxResults == nil {
		return 100, nil
	}
	if *maxResults < 1 || *maxResults > 1000 {
		return 0, invalid("maxResults", "must be between 1 and 1000")
	}
	return int(*maxResults), nil
}

// checkRegistry refuses the registries of other accounts: there is none in the sandbox.
func (s *Service) checkRegistry(id *string) error {
	if id == nil || *id == s.cfg.Account {
		return nil
	}
	return wire.NotImplemented("the registry of another account: " + *id)
}
