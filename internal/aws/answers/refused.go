package answers

import (
	"context"
	"errors"
	"net"
	"syscall"

	"github.com/aws/smithy-go/middleware"
)

// Refused is an option of a client: a connection that this very machine refuses is not tried again. What plays AWS
// here has ended and does not come back within the seconds that the SDK waits.
func Refused(stack *middleware.Stack) error {
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("ecsctlRefused", refused), middleware.Before)
}

func refused(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
	middleware.DeserializeOutput, middleware.Metadata, error,
) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	if RefusedHere(err) {
		err = &finalError{err}
	}
	return out, metadata, err
}

// RefusedHere reports whether err is that nothing listens at an address of this machine.
func RefusedHere(err error) bool {
	var op *net.OpError
	if !errors.Is(err, syscall.ECONNREFUSED) || !errors.As(err, &op) {
		return false
	}
	address, ok := op.Addr.(*net.TCPAddr)
	return ok && address.IP.IsLoopback()
}

// finalError is one that the SDK does not try again.
type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

// RetryableError is what the SDK's retryer asks.
func (e *finalError) RetryableError() bool { return false }
