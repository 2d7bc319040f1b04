// Package iam keeps users, roles and policies as AWS IAM does, and decides what they
// may do.
package iam

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"ecsctl/sandbox/internal/clock"
	"ecsctl/sandbox/internal/lag"
	"ecsctl/sandbox/internal/policy"
	"ecsctl/sandbox/internal/wire"
)

// Service is the IAM of one account.
type Service struct {
	*wire.Query
	mu        sync.Mutex
	partition string
	account   string
	enforce   bool
	clock     *clock.Clock
	roles     map[string]*role
	users     map[string]*user
	profiles  map[string]*instanceProfile
	policies  map[string]*customerPolicy // by ARN
	alias     string
	// Lag makes a write of a role that comes right after another one too early.
	Lag *lag.Lag

	// ServiceControl is a policy of the organization that limits all of the account; "" is none.
	ServiceControl string
	// Linked reports whether the account has ECS's service-linked role.
	Linked func() bool
}

// identity is what policies are attached to.
type identity struct {
	name, path, id, arn string
	boundary            string // ARN of a policy
	created             time.Time
	tags                []tag
	attached            []string // ARNs
	inline              map[string]string
}

type role struct {
	identity
	description string
	trust       string
	maxSession  int
}

// New makes an IAM without users and roles. When it is to enforce policies, it takes
// none that it could not evaluate.
func New(partition, account string, enforce bool, clock *clock.Clock) *Service {
	s := &Service{
		partition: partition, account: account, enforce: enforce, clock: clock,
		roles: map[string]*role{}, users: map[string]*user{}, policies: map[string]*customerPolicy{},
		profiles: map[string]*instanceProfile{},
		Linked:   func() bool { return true }, Lag: &lag.Lag{},
	}
	s.Query = wire.NewQuery(wire.Dialect{
		Namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
		Missing:   "ValidationError",
		Unknown:   wire.CodeNotImplemented,
	}, &s.mu)
	s.handleRoles()
	s.handleTags()
	s.handleManaged()
	s.handleInline()
	s.handleUsers()
	s.handleUserPolicies()
	s.handleAccessKeys()
	s.handlePolicies()
	s.handleSimulate()
	s.handleAliases()
	s.handleInstanceProfiles()
	return s
}

type keyOfCaller struct{}

// Call implements wire.Service.
func (s *Service) Call(ctx context.Context, r *wire.Request) (wire.Answer, error) {
	role := r.Form.Get("RoleName")
	writes := role != "" && !strings.HasPrefix(r.Operation, "Get") && !strings.HasPrefix(r.Operation, "List")
	if writes && s.Lag.Behind("role "+role) {
		return wire.Answer{}, ConcurrentModification()
	}
	answer, err := s.Query.Call(context.WithValue(ctx, keyOfCaller{}, r.AccessKey), r)
	if writes && err == nil {
		s.Lag.Once("role " + role)
	}
	return answer, err
}

// ConcurrentModification is what IAM says while something else writes the same thing.
func ConcurrentModification() *wire.Error {
	return wire.WithStatus(http.StatusConflict, "ConcurrentModification",
		"Request was completed because of multiple simultaneous changes.")
}

// Trusts reports since when a role exists that lets the AWS service assume it,
// as other services see it: by ARN. source is for whose sake the service does.
func (s *Service) Trusts(arn, service, source string) (since time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.roleByARN(arn)
	if r == nil {
		return time.Time{}, false
	}
	c := policy.Context{}
	c.Set("aws:SourceArn", source)
	c.Set("aws:SourceAccount", s.account)
	c.Set("aws:PrincipalIsAWSService", "true")
	c.Set("aws:PrincipalServiceName", service)
	verdict := stored(r.trust).Evaluate(policy.Request{
		Action: assumeRole, Resource: arn, Context: c, Callers: []string{service},
	})
	return r.created, verdict == policy.Allowed
}

func (s *Service) roleByARN(arn string) *role {
	for _, r := range s.roles {
		if r.arn == arn {
			return r
		}
	}
	return nil
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
