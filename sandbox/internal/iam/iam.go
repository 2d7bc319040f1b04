// Package iam keeps roles and their policies as AWS IAM does.
package iam

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"ecsctl/sandbox/internal/wire"
)

// Service is the IAM of one account.
type Service struct {
	*wire.Query
	mu        sync.Mutex
	partition string
	account   string
	roles     map[string]*role
}

type role struct {
	name, path, id, arn string
	description         string
	trust               string
	boundary            string
	maxSession          int
	created             time.Time
	tags                []tag
	attached            []string
	inline              map[string]string
}

// New makes an IAM without any role.
func New(partition, account string) *Service {
	s := &Service{partition: partition, account: account, roles: map[string]*role{}}
	s.Query = wire.NewQuery(wire.Dialect{
		Namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
		Missing:   "ValidationError",
		Unknown:   wire.CodeNotImplemented,
	}, &s.mu)
	s.handleRoles()
	s.handleTags()
	s.handleManaged()
	s.handleInline()
	return s
}

// Trusts reports since when a role exists that lets the AWS service assume it,
// as other services see it: by ARN.
func (s *Service) Trusts(arn, service string) (since time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.roles {
		if r.arn == arn && trustsService(r.trust, service) {
			return r.created, true
		}
	}
	return time.Time{}, false
}

func (s *Service) find(name string) (*role, error) {
	if r, ok := s.roles[name]; ok {
		return r, nil
	}
	return nil, wire.WithStatus(http.StatusNotFound, "NoSuchEntity", "The role with name %s cannot be found.", name)
}

func (s *Service) sortedRoles() []*role {
	var out []*role
	for _, r := range s.roles {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *role) int { return compare(a.name, b.name) })
	return out
}

func conflict(code, format string, args ...any) *wire.Error {
	return wire.WithStatus(http.StatusConflict, code, format, args...)
}
