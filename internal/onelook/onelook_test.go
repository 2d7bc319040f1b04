package onelook_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"ecsctl/internal/onelook"
)

func TestWithinALookEachQuestionIsAskedOnce(t *testing.T) {
	t.Parallel()
	asked := 0
	ask := func(context.Context) (int, error) { asked++; return asked, nil }
	ctx := onelook.Begin(t.Context())
	for range 2 {
		for _, within := range []context.Context{ctx, onelook.Begin(ctx), context.WithoutCancel(ctx)} {
			if got, err := onelook.Ask(within, "pool", ask); got != 1 || err != nil {
				t.Errorf("got %d, %v", got, err)
			}
		}
	}
	if got, _ := onelook.Ask(ctx, "another", ask); got != 2 {
		t.Errorf("another question got %d", got)
	}
	if got, _ := onelook.Ask(onelook.Anew(ctx), "pool", ask); got != 3 {
		t.Errorf("asked anew: %d", got)
	}
	if got, _ := onelook.Ask(t.Context(), "pool", ask); got != 4 {
		t.Errorf("outside of a look: %d", got)
	}
}

// Who gives up takes the answer from nobody.
func TestWhoGivesUpTakesTheAnswerFromNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := onelook.Begin(t.Context())
		impatient, giveUp := context.WithCancel(ctx)
		release := make(chan struct{})
		ask := func(ctx context.Context) (string, error) {
			select {
			case <-release:
				return "here", nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}
		gaveUp := make(chan error, 1)
		go func() {
			_, err := onelook.Ask(impatient, "pool", ask)
			gaveUp <- err
		}()
		synctest.Wait()
		giveUp()
		if err := <-gaveUp; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		close(release)
		if got, err := onelook.Ask(ctx, "pool", ask); got != "here" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	})
}
