package sts

import (
	"crypto/rand"
	"strings"
	"time"

	"ecsctl/sandbox/internal/iam"
)

// RootKey is the access key of the account itself.
const RootKey = "SANDBOX"

// keyPrefix is how the access keys of sessions begin, and no others.
const keyPrefix = "ASIA"

// lifetime of the credentials that ECS gives to a task.
const lifetime = 6 * time.Hour

// Session is a role that was assumed.
type Session struct {
	ID      string // unguessable; where a task finds its credentials
	Role    string // ARN
	Key     string
	Secret  string
	Token   string
	Expires time.Time

	principal iam.Principal
}

// Assume starts a session of a role, whose trust was checked already.
func (s *Service) Assume(roleARN, name string) *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.assume(roleARN, name, lifetime)
}

func (s *Service) assume(roleARN, name string, d time.Duration) *Session {
	session := &Session{
		ID: rand.Text(), Role: roleARN, Key: keyPrefix + rand.Text()[:16], Secret: rand.Text(), Token: rand.Text() +
			rand.Text(),
		Expires: s.cfg.Clock.Now().Add(d), principal: s.cfg.IAM.SessionOf(roleARN, name),
	}
	s.sessions[session.Key] = session
	return session
}

// End makes the credentials of a session worthless.
func (s *Service) End(session *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, session.Key)
}

// Find returns the session with an id.
func (s *Service) Find(id string) (*Session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, session := range s.sessions {
		if session.ID == id {
			return session, true
		}
	}
	return nil, false
}

// Validity is what a signature is worth.
type Validity int

// Validities of a key with its token.
const (
	Unknown Validity = iota
	Expired
	Valid
)

// Caller finds who signs with a key. That of a session goes with the session's token.
func (s *Service) Caller(key, token string) (iam.Principal, Validity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if session, ok := s.sessions[key]; ok && session.Token != token {
		return iam.Principal{}, Unknown
	}
	return s.holder(key)
}

// Secret is what the holder of a key signs with; that of a key that is nobody's is the account's, for
// those that Caller takes for it.
func (s *Service) Secret(key string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if session, ok := s.sessions[key]; ok {
		return session.Secret
	}
	if secret, ok := s.cfg.IAM.SecretOf(key); ok {
		return secret
	}
	return s.cfg.Secret
}

// Holder finds whose a key is, for what was given out to its holder before.
func (s *Service) Holder(key string) (iam.Principal, Validity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.holder(key)
}

// holder needs s.mu held.
func (s *Service) holder(key string) (iam.Principal, Validity) {
	if session, ok := s.sessions[key]; ok && s.cfg.Clock.Now().After(session.Expires) {
		return iam.Principal{}, Expired
	}
	p, ok := s.principal(key)
	if !ok {
		return p, Unknown
	}
	return p, Valid
}

// principal finds whose key it is; s.mu is held.
func (s *Service) principal(key string) (iam.Principal, bool) {
	if session, ok := s.sessions[key]; ok {
		return session.principal, true
	}
	if p, ok := s.cfg.IAM.ByKey(key); ok {
		return p, true
	}
	if key == RootKey || s.cfg.AnyKey && !strings.HasPrefix(key, keyPrefix) {
		return s.cfg.IAM.Root(), true
	}
	return iam.Principal{}, false
}
