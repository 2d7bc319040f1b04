// Package onelook has a command that only looks see one picture of the world: within one look, the same question gets
// the same answer, and is asked once.
package onelook

import (
	"context"
	"sync"
	"time"
)

type contextKey struct{}

// look has the answers of one look, by question.
type look struct {
	mu      sync.Mutex
	answers map[string]*answer
}

type answer struct {
	done  chan struct{}
	value any
	err   error
}

// limit is how long an answer is waited for by nobody: who asks has limits of their own.
const limit = time.Minute

// Begin begins a look, unless ctx is within one.
func Begin(ctx context.Context) context.Context {
	if of(ctx) != nil {
		return ctx
	}
	return context.WithValue(ctx, contextKey{}, &look{answers: map[string]*answer{}})
}

// Anew is for what must be asked again.
func Anew(ctx context.Context) context.Context {
	return context.WithValue(ctx, contextKey{}, (*look)(nil))
}

func of(ctx context.Context) *look {
	l, _ := ctx.Value(contextKey{}).(*look)
	return l
}

// Ask returns the answer to a question, which is asked when nobody has within the look. Outside of one it is asked each
// time. Whoever asks first may give up without taking the answer from the others: it is asked for with a context that
// does not end with theirs. Answers are shared, so nobody may change them.
func Ask[T any](ctx context.Context, question string, ask func(context.Context) (T, error)) (T, error) {
	l := of(ctx)
	if l == nil {
		return ask(ctx)
	}
	l.mu.Lock()
	a, known := l.answers[question]
	if !known {
		a = &answer{done: make(chan struct{})}
		l.answers[question] = a
		go func() {
			asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
			defer cancel()
			defer close(a.done)
			a.value, a.err = ask(asking)
		}()
	}
	l.mu.Unlock()
	select {
	case <-a.done:
		value, _ := a.value.(T)
		return value, a.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
