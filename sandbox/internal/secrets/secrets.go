// Package secrets keeps secrets as AWS Secrets Manager does.
package secrets

import (
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"ecsctl/sandbox/internal/clock"
	"ecsctl/sandbox/internal/wire"
)

const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
)

// Service is Secrets Manager in one region.
type Service struct {
	*wire.JSON
	mu      sync.Mutex
	clock   *clock.Clock
	prefix  string // of each secret's ARN
	secrets map[string]*secret
}

type secret struct {
	name, arn   string
	description *string
	kmsKeyID    *string
	created     time.Time
	changed     time.Time
	accessed    *time.Time
	deleted     *time.Time // when DeleteSecret was called
	window      time.Duration
	tags        []types.Tag
	versions    map[string]*version
}

type version struct {
	id      string
	text    *string
	binary  []byte
	created time.Time
	stages  []string
}

// New makes a region without secrets.
func New(partition, region, account string, clock *clock.Clock) *Service {
	s := &Service{
		clock:   clock,
		prefix:  fmt.Sprintf("arn:%s:secretsmanager:%s:%s:secret:", partition, region, account),
		secrets: map[string]*secret{},
	}
	s.JSON = wire.NewJSON(&s.mu, "Message")
	s.handleSecrets()
	s.handleValues()
	s.handleDeletion()
	s.handleList()
	s.handleTags()
	return s
}

// Value is what a task gets for a secret, by full ARN or name; the error is that of
// GetSecretValue.
func (s *Service) Value(id string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sec, err := s.usable(&id)
	if err != nil {
		return "", err
	}
	v := sec.staged(current)
	if v == nil || v.text == nil {
		return "", noVersion(current)
	}
	return *v.text, nil
}

// newARN ends in six random characters, so that a name used again is another secret.
func (s *Service) newARN(name string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return s.prefix + name + "-" + string(b[:])
}

// find takes a name, an ARN, or an ARN without its random end.
func (s *Service) find(id *string) (*secret, error) {
	s.expire()
	if sec, ok := s.secrets[*id]; ok {
		return sec, nil
	}
	for _, sec := range s.secrets {
		if sec.arn == *id || s.prefix+sec.name == *id {
			return sec, nil
		}
	}
	return nil, wire.Errorf("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

// usable finds a secret that is not scheduled for deletion.
func (s *Service) usable(id *string) (*secret, error) {
	sec, err := s.find(id)
	if err != nil {
		return nil, err
	}
	if sec.deleted != nil {
		return nil, wire.Errorf("InvalidRequestException",
			"You can't perform this operation on the secret because it was marked for deletion.")
	}
	return sec, nil
}

// expire removes the secrets whose recovery window has passed.
func (s *Service) expire() {
	for name, sec := range s.secrets {
		if sec.deleted != nil && s.clock.Now().After(sec.deleted.Add(sec.window)) {
			delete(s.secrets, name)
		}
	}
}

func (sec *secret) staged(stage string) *version {
	for _, v := range sec.versions {
		for _, have := range v.stages {
			if have == stage {
				return v
			}
		}
	}
	return nil
}

func noVersion(stage string) *wire.Error {
	return wire.Errorf("ResourceNotFoundException",
		"Secrets Manager can't find the specified secret value for staging label: %s", stage)
}

// day is how Secrets Manager answers LastAccessedDate: the day alone.
func day(t time.Time) *time.Time {
	d := t.UTC().Truncate(24 * time.Hour)
	return &d
}

func validName(name string) bool {
	return name != "" && len(name) <= 512 && !strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			strings.ContainsRune("/_+=.@-", r))
	})
}
