package prefect

import (
	"context"
	"net/http"
)

// A call that the server is too busy for is sent again for half a minute, or for as long as the
// server asks. What was true when it was first sent may be no longer.

type guardKey struct{}

// Guarded is a context whose calls ask before each time that they are sent again. An error ends the
// call, which returns it.
func Guarded(ctx context.Context, ask func(context.Context) error) context.Context {
	return context.WithValue(ctx, guardKey{}, func() error { return ask(ctx) })
}

// guardError is what a guard said.
type guardError struct{ error }

func (e *guardError) Unwrap() error { return e.error }

func askGuard(request *http.Request) error {
	ask, ok := request.Context().Value(guardKey{}).(func() error)
	if !ok {
		return nil
	}
	if err := ask(); err != nil {
		return &guardError{err}
	}
	return nil
}
