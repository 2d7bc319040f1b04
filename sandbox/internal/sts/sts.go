// Package sts answers who the caller is, and keeps the sessions of assumed roles.
package sts

import (
	"context"
	"sync"

	"ecsctl/sandbox/internal/wire"
)

// Service is STS for one account.
type Service struct {
	*wire.Query
	partition, account string

	mu       sync.Mutex
	sessions map[string]*Session // by access key
}

// New makes the service for one account.
func New(partition, account string) *Service {
	s := &Service{partition: partition, account: account, sessions: map[string]*Session{}}
	s.Query = wire.NewQuery(wire.Dialect{
		Namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
		Missing:   "ValidationError",
		Unknown:   wire.CodeNotImplemented,
	}, &s.mu)
	wire.HandleQuery(s.Query, "GetCallerIdentity", s.callerIdentity)
	return s
}

type keyOfCaller struct{}

// Call implements wire.Service.
func (s *Service) Call(ctx context.Context, r *wire.Request) (wire.Answer, error) {
	return s.Query.Call(context.WithValue(ctx, keyOfCaller{}, r.AccessKey), r)
}

type identity struct {
	Arn     string
	UserID  string `xml:"UserId"`
	Account string
}

// callerIdentity takes everyone who is not a session for the account's one user.
func (s *Service) callerIdentity(ctx context.Context, _ *struct{}) (*identity, error) {
	key, _ := ctx.Value(keyOfCaller{}).(string)
	if session, ok := s.sessions[key]; ok {
		return &identity{session.arn(s.partition, s.account), "AROASANDBOXSANDBOX000:" + session.name, s.account}, nil
	}
	return &identity{"arn:" + s.partition + ":iam::" + s.account + ":user/sandbox", "AIDASANDBOXSANDBOX000", s.account}, nil
}
