package wire

import "context"

type unfiltered struct{}

// WithoutFilters is the context of a call whose filters are ignored.
func WithoutFilters(ctx context.Context) context.Context {
	return context.WithValue(ctx, unfiltered{}, true)
}

// Unfiltered reports whether a list is to have all that there is, what its defaults leave out too, in an order of its
// own.
func Unfiltered(ctx context.Context) bool { return ctx.Value(unfiltered{}) != nil }
