// Package sts answers who the caller is, and keeps the sessions of assumed roles.
package sts

import (
	"context"
	"sync"

	"ecsctl/sandbox/internal/clock"
	"ecsctl/sandbox/internal/iam"
	"ecsctl/sandbox/internal/wire"
)

// Config is what the service needs to know of its surroundings.
type Config struct {
	Account string
	IAM     *iam.Service
	Clock   *clock.Clock
	Secret  string // of the account's own key
	AnyKey  bool   // a key that nobody was given is the account's own, with its secret
}

// Service is STS for one account.
type Service struct {
	*wire.Query
	cfg Config

	mu       sync.Mutex
	sessions map[string]*Session // by access key
	codes    map[string]bool     // that devices have shown, each of which was taken once
}

// New makes the service for one account.
func New(cfg Config) *Service {
	s := &Service{cfg: cfg, sessions: map[string]*Session{}}
	s.Query = wire.NewQuery(wire.Dialect{
		Namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
		Missing:   "ValidationError",
		Unknown:   wire.CodeNotImplemented,
	}, &s.mu)
	wire.HandleQuery(s.Query, "GetCallerIdentity", s.callerIdentity)
	wire.HandleQuery(s.Query, "AssumeRole", s.assumeRole)
	return s
}

type keyOfCaller struct{}

// Call implements wire.Service.
func (s *Service) Call(ctx context.Context, r *wire.Request) (wire.Answer, error) {
	return s.Query.Call(context.WithValue(ctx, keyOfCaller{}, r.AccessKey), r)
}

func (s *Service) caller(ctx context.Context) iam.Principal {
	key, _ := ctx.Value(keyOfCaller{}).(string)
	p, _ := s.principal(key) // the key was looked at before the call
	return p
}

type identity struct {
	Arn     string
	UserID  string `xml:"UserId"`
	Account string
}

func (s *Service) callerIdentity(ctx context.Context, _ *struct{}) (*identity, error) {
	p := s.caller(ctx)
	return &identity{p.ARN, p.ID, s.cfg.Account}, nil
}
