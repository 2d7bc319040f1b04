package provision

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
)

// CodeReader asks a person for the code of an MFA device, which is named by its serial number or ARN.
type CodeReader func(ctx context.Context, profile, device string) (string, error)

// codes asks for MFA codes, and keeps what each profile's code gave: a code is good for one session, and a command may
// load its configuration twice.
type codes struct {
	read CodeReader

	mu    sync.Mutex
	known map[string]aws.CredentialsProvider
}

type codesKey struct{}

// WithCodes returns a context in which profiles that need MFA codes ask for them. With nil none is asked for.
func WithCodes(ctx context.Context, read CodeReader) context.Context {
	return context.WithValue(ctx, codesKey{}, &codes{read: read, known: map[string]aws.CredentialsProvider{}})
}

func codesOf(ctx context.Context) *codes {
	if c, ok := ctx.Value(codesKey{}).(*codes); ok {
		return c
	}
	return &codes{}
}

// mfaSession is how long a session lasts whose profile does not say: the longest that every role allows, since a
// person types for each. The SDK's own is a quarter of it.
const mfaSession = time.Hour

// option has a configuration ask. asked reports whether the profile's role wants a code.
func (c *codes) option(ctx context.Context, profile string) (option config.LoadOptionsFunc, asked func() bool) {
	wanted := false
	option = config.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) {
		if o.SerialNumber == nil || c.read == nil {
			return
		}
		wanted = true
		device := *o.SerialNumber
		o.Duration = cmp.Or(o.Duration, mfaSession)
		o.TokenProvider = func() (string, error) { return c.read(ctx, profile, device) }
	})
	return option, func() bool { return wanted }
}

// keep returns the provider of the profile's first configuration.
func (c *codes) keep(profile string, provider aws.CredentialsProvider) aws.CredentialsProvider {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known[profile] == nil {
		c.known[profile] = &askedOnce{CredentialsProvider: provider}
	}
	return c.known[profile]
}

// askedOnce asks nobody again after it has failed: each further call would.
type askedOnce struct {
	aws.CredentialsProvider

	mu  sync.Mutex
	err error
}

// Retrieve implements aws.CredentialsProvider.
func (a *askedOnce) Retrieve(ctx context.Context) (aws.Credentials, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return aws.Credentials{}, a.err
	}
	found, err := a.CredentialsProvider.Retrieve(ctx)
	if err != nil && ctx.Err() == nil {
		a.err = err
	}
	return found, err
}
