package prefect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"ecsctl/internal/cabundle"
	"ecsctl/internal/hint"
)

// Meanings of failures, for errors.Is.
var (
	ErrNotFound     = errors.New("not found")                 // 404
	ErrConflict     = errors.New("it exists already")         // 409
	ErrUnauthorized = errors.New("not authorized")            // 401 and 403
	ErrInvalid      = errors.New("the request is invalid")    // 400 and 422
	ErrBusy         = errors.New("the server is too busy")    // 408, 429, 502, 503, 504 after the last retry
	ErrTooLarge     = errors.New("the answer is too large")   // no more of it was read
	ErrUnreachable  = errors.New("the server gave no answer") // no answer after the last retry
)

// APIError is an answer of the Prefect API that is no success.
type APIError struct {
	Method string
	Path   string // below the API URL
	Status int
	Detail string // what the server says, without anything that was sent
	Server string // the API URL
	auth   authKind
	// noRoute: the 404 is about the path, not about what it names.
	noRoute bool
}

func (e *APIError) Error() string {
	switch {
	case e.Status == http.StatusUnauthorized && e.auth == authNone:
		return fmt.Sprintf("the Prefect server at %s wants credentials, and there are none (401)", e.Server)
	case e.Status == http.StatusUnauthorized:
		return fmt.Sprintf("the Prefect server at %s refused the %s (401)", e.Server, e.auth)
	}
	text := fmt.Sprintf("the Prefect server at %s answered %d to %s %s", e.Server, e.Status, e.Method, e.Path)
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Is matches the Err values by status.
func (e *APIError) Is(target error) bool {
	switch e.Status {
	case http.StatusNotFound:
		return target == ErrNotFound && !e.noRoute
	case http.StatusConflict:
		return target == ErrConflict
	case http.StatusUnauthorized, http.StatusForbidden:
		return target == ErrUnauthorized
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return target == ErrInvalid
	case http.StatusGatewayTimeout:
		return target == ErrBusy
	}
	return target == ErrBusy && isBusy(e.Status)
}

// UnreachableError says that a call got no answer. It is ErrUnreachable.
type UnreachableError struct {
	Server string
	Cause  error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("the Prefect server at %s cannot be reached: %v", e.Server, e.Cause)
}

// Unwrap gives the cause.
func (e *UnreachableError) Unwrap() error { return e.Cause }

// Is matches ErrUnreachable.
func (e *UnreachableError) Is(target error) bool { return target == ErrUnreachable }

// Temporary reports whether the same call may work later: the server was busy, failed
// inside (5xx), or could not be reached. A cancelled context is not temporary.
func Temporary(err error) bool {
	if errors.Is(err, ErrBusy) || errors.Is(err, ErrUnreachable) {
		return true
	}
	var answer *APIError
	return errors.As(err, &answer) && answer.Status >= http.StatusInternalServerError &&
		answer.Status != http.StatusNotImplemented
}

// apiPathHint is for answers that no Prefect API gives.
const apiPathHint = "the API URL of a Prefect server ends in /api"

func (c *Client) refused(k call, response *http.Response, raw []byte) error {
	err := &APIError{
		Method: k.method, Path: k.route(), Status: response.StatusCode,
		Detail: detailOf(raw, response.StatusCode), Server: c.base.String(), auth: c.auth,
	}
	// A server says what it has not found. A bare "Not Found" comes from something that is
	// no Prefect API, and must not pass for a pool that is gone.
	err.noRoute = err.Status == http.StatusNotFound && !c.cloud && err.Detail == http.StatusText(http.StatusNotFound)
	if err.noRoute && !strings.HasSuffix(c.base.Path, "/api") {
		return hint.Add(err, apiPathHint)
	}
	if err.Status != http.StatusUnauthorized {
		return err
	}
	if c.auth == authNone {
		return hint.Add(err, "sign in with `prefect cloud login`, or set PREFECT_API_KEY (PREFECT_API_AUTH_STRING "+
			"for a server of your own)")
	}
	return hint.Add(err, "check that PREFECT_API_KEY or PREFECT_API_AUTH_STRING is right and belongs to this server "+
		"and workspace")
}

// unreachable explains a call that got no answer. When the caller's time was up, it
// says what the call was waiting for.
func (c *Client) unreachable(ctx context.Context, a *attempt, err error) error {
	if ctx.Err() != nil {
		if a.last == "" {
			return ctx.Err()
		}
		return fmt.Errorf("%w while the Prefect server at %s kept failing: %s", ctx.Err(), c.base, a.last)
	}
	if advice := cabundle.Advice(err); advice != "" {
		return hint.Add(&UnreachableError{Server: c.base.String(), Cause: err}, advice)
	}
	var guard *guardError
	if errors.As(err, &guard) {
		return guard.error
	}
	return hint.Add(&UnreachableError{Server: c.base.String(), Cause: err},
		"check PREFECT_API_URL, that the server runs, and the way to it (VPN, proxy, firewall)")
}
