// Package sts answers who the caller is.
package sts

import (
	"context"
	"sync"

	"ecsctl/sandbox/internal/wire"
)

// New makes the service for one account.
func New(partition, account string) wire.Service {
	s := wire.NewQuery(wire.Dialect{
		Namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
		Missing:   "ValidationError",
		Unknown:   wire.CodeNotImplemented,
	}, &sync.Mutex{})
	identity := &callerIdentity{
		Arn:     "arn:" + partition + ":iam::" + account + ":user/sandbox",
		UserID:  "AIDASANDBOXSANDBOX000",
		Account: account,
	}
	wire.HandleQuery(s, "GetCallerIdentity", func(context.Context, *struct{}) (*callerIdentity, error) {
		return identity, nil
	})
	return s
}

type callerIdentity struct {
	Arn     string
	UserID  string `xml:"UserId"`
	Account string
}
