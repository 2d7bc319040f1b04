package prefect

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
)

// csrf keeps the token that a server wants when PREFECT_SERVER_CSRF_PROTECTION_ENABLED
// is set. It is fetched when the server first asks for it: most never do.
type csrf struct {
	mu     sync.Mutex
	client string
	token  string
}

// wanted reports whether an answer asks for a (new) token
// (prefect/server/api/middleware.py).
func (s *csrf) wanted(status int, answer []byte) bool {
	return status == http.StatusForbidden &&
		(bytes.Contains(answer, []byte("Missing CSRF token")) || bytes.Contains(answer, []byte("Invalid CSRF token")))
}

func (s *csrf) sign(h http.Header) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token != "" {
		h.Set("Prefect-Csrf-Token", s.token)
		h.Set("Prefect-Csrf-Client", s.client)
	}
}

func (s *csrf) fetch(ctx context.Context, c *Client) error {
	client := s.id()
	var answer struct {
		Token string `json:"token"`
	}
	k := get("csrf-token")
	k.query = url.Values{"client": {client}}
	response, raw, err := c.send(ctx, k)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("failed to fetch a CSRF token: %w", c.refused(k, response, raw))
	}
	if err := c.decode(k, response, raw, &answer); err != nil {
		return err
	}
	if answer.Token == "" {
		return errors.New("failed to fetch a CSRF token: the server gave an empty one")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = answer.Token
	return nil
}

// id names this client to the server; it stays the same as long as the client lives.
func (s *csrf) id() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client == "" {
		s.client = rand.Text()
	}
	return s.client
}
