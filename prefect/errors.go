package prefect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"ecsctl/internal/hint"
)

// Meanings of an answer, for errors.Is.
var (
	ErrNotFound     = errors.New("not found")
	ErrConflict     = errors.New("it exists already")
	ErrUnauthorized = errors.New("not authorized")
	ErrUnreachable  = errors.New("the Prefect server cannot be reached")
)

// APIError is an answer of the Prefect API that is no success.
type APIError struct {
	Method, Path string
	Status       int
	Detail       string // what the server says, without anything that we sent
}

func (e *APIError) Error() string {
	text := fmt.Sprintf("the Prefect server answered %d to %s %s", e.Status, e.Method, e.Path)
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Is matches the Err values by status.
func (e *APIError) Is(target error) bool {
	switch target {
	case ErrNotFound:
		return e.Status == http.StatusNotFound
	case ErrConflict:
		return e.Status == http.StatusConflict
	case ErrUnauthorized:
		return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
	}
	return false
}

// maxDetail bounds what an error shows of an answer, in bytes.
const maxDetail = 300

func (c *Client) refused(method, path string, response *http.Response, raw []byte) error {
	err := &APIError{Method: method, Path: path, Status: response.StatusCode, Detail: detailOf(raw)}
	if !errors.Is(err, ErrUnauthorized) {
		return err
	}
	if c.authorization == "" {
		return hint.Add(fmt.Errorf("the Prefect server at %s wants credentials and none were found: %w", c.base, err),
			"sign in with `prefect cloud login`, or set PREFECT_API_KEY (for a self-hosted server PREFECT_API_AUTH_STRING)")
	}
	return hint.Add(fmt.Errorf("the Prefect server at %s does not accept the credentials: %w", c.base, err),
		"check that PREFECT_API_KEY or PREFECT_API_AUTH_STRING is right and belongs to this server and workspace")
}

// detailOf is the `detail` of an answer when it is a sentence. Validation errors
// repeat what was sent, so only their messages are kept.
func detailOf(raw []byte) string {
	var answer struct {
		Detail           any
		ExceptionDetail  []struct{ Msg string } `json:"exception_detail"`
		ExceptionMessage string                 `json:"exception_message"`
	}
	if json.Unmarshal(raw, &answer) != nil {
		return ""
	}
	text, _ := answer.Detail.(string)
	if text == "" {
		text = answer.ExceptionMessage
	}
	for _, d := range answer.ExceptionDetail {
		text += "; " + d.Msg
	}
	text = strings.Trim(text, "; ")
	return text[:min(len(text), maxDetail)]
}

// unreachable explains a call that got no answer.
func (c *Client) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return hint.Add(fmt.Errorf("%w at %s: %w", ErrUnreachable, c.base, err),
		"check PREFECT_API_URL, that the server runs, and the way to it (VPN, proxy, firewall)")
}
