package channel

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/coder/websocket"
)

// Reasons for the end of a connection: those that a server closes it with, and ours.
const (
	authenticationFailed = "authentication_failed"
	authorizationFailed  = "authorization_failed"
	unsupportedVersion   = "unsupported_version"
	protocolError        = "protocol_error"
	heartbeatNotKept     = "heartbeat_persistence_failed"
	serverError          = "transient_server_error"

	noEndpoint     = "endpoint_unavailable"
	setupTimeout   = "setup_timeout"
	connectionLost = "connection_lost"
)

// Error says why there is no connection.
type Error struct {
	Reason string
	// Final: the same attempt would fail again until something is changed at the server.
	Final bool
	cause error
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Reason, e.cause) }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// ended explains the end of an open connection by how the server has closed it.
func ended(err error) error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	var closed websocket.CloseError
	if !errors.As(err, &closed) {
		return &Error{Reason: connectionLost, cause: err}
	}
	switch closed.Reason {
	case authenticationFailed, authorizationFailed, unsupportedVersion, protocolError:
		return &Error{Reason: closed.Reason, Final: true, cause: err}
	case heartbeatNotKept, serverError:
		return &Error{Reason: closed.Reason, cause: err}
	}
	switch closed.Code {
	case websocket.StatusPolicyViolation:
		return &Error{Reason: authorizationFailed, Final: true, cause: err}
	case websocket.StatusProtocolError:
		return &Error{Reason: protocolError, Final: true, cause: err}
	case websocket.StatusInternalError:
		return &Error{Reason: serverError, cause: err}
	}
	return &Error{Reason: connectionLost, cause: err}
}

// refused explains a handshake that did not end in a websocket. A server without the
// endpoint answers 403 or 404.
func refused(status int, err error) error {
	switch {
	case status == http.StatusUnauthorized:
		return &Error{Reason: authenticationFailed, Final: true, cause: err}
	case status == http.StatusForbidden:
		return &Error{Reason: authorizationFailed, Final: true, cause: err}
	case status == http.StatusNotImplemented:
		return &Error{Reason: noEndpoint, Final: true, cause: err}
	case status >= http.StatusInternalServerError, status == http.StatusTooManyRequests,
		status == http.StatusRequestTimeout:
		return &Error{Reason: serverError, cause: err}
	}
	return &Error{Reason: noEndpoint, Final: true, cause: err}
}
