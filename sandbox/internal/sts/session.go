package sts

import (
	"crypto/rand"
	"strings"
	"time"
)

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

	name string
}

// Assume starts a session of a role, whose trust was checked already.
func (s *Service) Assume(roleARN, name string) *Session {
	session := &Session{
		ID: rand.Text(), Role: roleARN, Key: keyPrefix + rand.Text()[:16], Secret: rand.Text(), Token: rand.Text() + rand.Text(),
		Expires: time.Now().Add(lifetime), name: name,
	}
	s.mu.Lock()
	defer s.mu.Unlock()
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

// Valid reports whether calls may be signed with the key: any key of a user may, that
// of a session only while it lasts.
func (s *Service) Valid(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.sessions[key]
	return ok || !strings.HasPrefix(key, keyPrefix)
}

// arn is how a session shows in STS: the role's path is not in it.
func (s *Session) arn(partition, account string) string {
	role := s.Role[strings.LastIndex(s.Role, "/")+1:]
	return "arn:" + partition + ":sts::" + account + ":assumed-role/" + role + "/" + s.name
}
