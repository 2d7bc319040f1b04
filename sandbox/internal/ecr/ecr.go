// Package ecr keeps repositories of container images as Amazon ECR does, and serves
// them in the OCI distribution protocol, so that what is pushed can be pulled.
package ecr

import (
	"context"
	"sync"

	"ecsctl/sandbox/internal/wire"
)

// Config is what the service needs to know of its surroundings.
type Config struct {
	Partition, Region, Account string

	// URL of the registry, without the /v2/ of its protocol. Its host is that of each
	// repositoryUri: a loopback address, to which clients speak plain HTTP.
	URL string

	// Admit is asked before the registry does something for the holder of an access key:
	// may it do the action, named as in IAM ("ecr:PutImage"), with the resource (an ARN, or
	// "*")? The refusal is a *wire.Error. Calls of the AWS API are admitted before they get here.
	Admit func(accessKey, action, resource string) error
}

// Service is ECR in one region.
type Service struct {
	*wire.JSON
	cfg   Config
	blobs store
	seal  []byte // signs download URLs

	mu           sync.Mutex
	repositories map[string]*repository
	tokens       map[string]token   // by password
	uploads      map[string]*upload // by id
}

// New makes a region without repositories. Close must be called.
func New(cfg Config) *Service {
	s := &Service{
		cfg: cfg, seal: newSeal(),
		repositories: map[string]*repository{}, tokens: map[string]token{}, uploads: map[string]*upload{},
	}
	s.JSON = wire.NewJSON(&s.mu, "message")
	s.handleRepositories()
	s.handleSettings()
	s.handlePolicies()
	s.handleTags()
	s.handleToken()
	s.handleImages()
	s.handleImageBatches()
	s.handleLayers()
	return s
}

// Close removes everything that was pushed.
func (s *Service) Close() error { return s.blobs.close() }

type keyOfCaller struct{}

// Call implements wire.Service.
func (s *Service) Call(ctx context.Context, r *wire.Request) (wire.Answer, error) {
	return s.JSON.Call(context.WithValue(ctx, keyOfCaller{}, r.AccessKey), r)
}
