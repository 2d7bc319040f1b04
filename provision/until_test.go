package provision

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"ecsctl/internal/hint"
)

// A look that is cut short by the limit knows only of the cut: what was waited for is told.
func TestTheEndOfAWaitTellsWhatWasWaitedFor(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]error{"cut short": context.DeadlineExceeded, "in time": nil} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			looks := 0
			err := (&world{poll: 2 * time.Second}).until(ctx, func() (waiting, err error) {
				if looks++; looks == 2 && cut != nil {
					<-ctx.Done()
					return nil, cut
				}
				return hint.Add(errors.New("2 tasks run"), "stop them"), nil
			})
			const want = "2 tasks run: timed out"
			if err == nil || err.Error() != want || !errors.Is(err, context.DeadlineExceeded) ||
				len(hint.Of(err)) != 1 {
				t.Errorf("%s: got %v with %q, want %s with a hint", name, err, hint.Of(err), want)
			}
		})
	}
}

func TestAWaitEnds(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, end := range []error{nil, broken} {
		synctest.Test(t, func(t *testing.T) {
			looks := 0
			err := (&world{poll: time.Hour}).until(t.Context(), func() (waiting, err error) {
				if looks++; looks < 3 {
					return errors.New("2 tasks run"), nil
				}
				return nil, end
			})
			if !errors.Is(err, end) || looks != 3 {
				t.Errorf("after %d looks: %v, want %v", looks, err, end)
			}
		})
	}
}
