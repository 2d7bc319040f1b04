package wire

import (
	"context"
	"net/http"
	"net/url"
)

// Request is one call of an operation, its parameters not yet decoded.
type Request struct {
	Operation string
	ID        string
	AccessKey string        // of the caller
	Body      []byte        // JSON protocol
	Form      url.Values    // query protocols
	HTTP      *http.Request // for S3, whose parameters are in path, query and headers
}

// Answer is the outcome of a call as it goes over the wire.
type Answer struct {
	Status      int
	ContentType string
	Header      http.Header // further headers
	Body        []byte
}

// Service answers the calls of one AWS service in its protocol.
type Service interface {
	// Operations lists what it implements.
	Operations() []string
	// Call does the work. An error that is not an *Error is a defect of the sandbox.
	Call(ctx context.Context, r *Request) (Answer, error)
	// Refuse puts an error into the service's protocol.
	Refuse(r *Request, e *Error) Answer
}
