// Package wire speaks the protocols of AWS: JSON 1.1, query and EC2 query.
//
// It decodes requests into Go values while checking them against the service's
// own model, and encodes answers and errors. It knows no service.
package wire

import (
	"fmt"
	"net/http"
)

// CodeNotImplemented marks what the real service has and the sandbox has not,
// so that nobody mistakes it for a decision of the service.
const CodeNotImplemented = "SandboxNotImplemented"

// Error is an error answer of a service.
type Error struct {
	Code    string
	Message string
	Status  int            // HTTP status; 400 when 0
	Fields  map[string]any // further members of the JSON answer, by wire name
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// HTTPStatus is the status to answer with.
func (e *Error) HTTPStatus() int {
	if e.Status == 0 {
		return http.StatusBadRequest
	}
	return e.Status
}

// Errorf makes an error that the caller is to blame for (status 400).
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// WithStatus makes an error with another HTTP status than 400.
func WithStatus(status int, code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Status: status}
}

// NotImplemented says that the sandbox lacks something, by name.
func NotImplemented(what string) *Error {
	return Errorf(CodeNotImplemented, "the ecsctl sandbox does not implement %s", what)
}
