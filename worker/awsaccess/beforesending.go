package awsaccess

import "context"

// NotSentError is why a call of AWS was not made.
type NotSentError struct{ Cause error }

func (e *NotSentError) Error() string { return e.Cause.Error() }

func (e *NotSentError) Unwrap() error { return e.Cause }

// BeforeSending has a call of AWS ask when it has waited for its rate, at the last moment.
func BeforeSending(ctx context.Context, check func(context.Context) error) context.Context {
	return context.WithValue(ctx, checkKey{}, check)
}

func checkBeforeSending(ctx context.Context) error {
	if check, ok := ctx.Value(checkKey{}).(func(context.Context) error); ok {
		return check(ctx)
	}
	return nil
}

type checkKey struct{}
