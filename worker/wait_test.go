package worker

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"

	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
)

var silence = slog.New(slog.DiscardHandler)

// away is an API that cannot be reached.
var away = &prefect.UnreachableError{Server: "nowhere", Cause: errors.New("connection refused")}

func TestInsistOutlastsAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began, tries := time.Now(), 0
		err := insist(t.Context(), silence, "testing", func(context.Context) error {
			tries++
			if time.Since(began) < 2*time.Hour {
				return away
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 2*time.Hour+2*mostInsist {
			t.Errorf("took %s after an outage of two hours", took)
		}
		if tries < 350 || tries > 600 {
			t.Errorf("%d tries in two hours", tries)
		}
	})
}

func TestInsistTakesARealAnswer(t *testing.T) {
	t.Parallel()
	refused := &prefect.APIError{Status: 404}
	tries := 0
	err := insist(t.Context(), silence, "testing", func(context.Context) error { tries++; return refused })
	if !errors.Is(err, prefect.ErrNotFound) || tries != 1 {
		t.Errorf("got %v after %d tries", err, tries)
	}
}

func TestInsistEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := insist(ctx, silence, "testing", func(context.Context) error { return away }); !errors.Is(err,
			prefect.ErrUnreachable) {
			t.Errorf("got %v", err)
		}
	})
}

func throttled() error {
	return &smithy.OperationError{
		ServiceID: "ECS", OperationName: "RunTask", Err: &smithy.GenericAPIError{
			Code: "ThrottlingException", Message: "Rate exceeded",
		},
	}
}

func TestPatiently(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		last  time.Duration // how long AWS refuses
		err   func() error
		tries int // at least
		fails bool
	}{
		"passes":         {30 * time.Second, throttled, 4, false},
		"patience ends":  {time.Hour, throttled, 10, true},
		"a real refusal": {time.Second, func() error { return errOvertaken }, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began, tries := time.Now(), 0
				err := patiently(t.Context(), silence, patience{limit: 5 * time.Minute}, awsaccess.Passing,
					func() error {
						tries++
						if time.Since(began) < tc.last {
							return tc.err()
						}
						return nil
					})
				if (err != nil) != tc.fails || tries < tc.tries {
					t.Errorf("got %v after %d tries", err, tries)
				}
				if took := time.Since(began); took > 5*time.Minute {
					t.Errorf("took %s with a patience of 5 minutes", took)
				}
			})
		})
	}
}

func TestLoopSlowsDownAfterFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		times := 0
		loop{name: "test", interval: 10 * time.Second, log: silence, do: func(context.Context) error {
			times++
			return away
		}}.Run(ctx)
		// maxLoopWait apart, give or take the jitter: an hour of outage is no storm.
		if times < 180 || times > 310 {
			t.Errorf("tried %d times in an hour", times)
		}
	})
}

func TestLoopKeepsItsInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		times := 0
		loop{name: "test", interval: 10 * time.Second, log: silence, do: func(context.Context) error {
			times++
			return nil
		}}.Run(ctx)
		if times < 277 || times > 360 { // 10 to 13 s apart
			t.Errorf("did it %d times in an hour", times)
		}
	})
}
