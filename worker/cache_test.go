package worker

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ecsctl/internal/pause"
)

func TestCacheReadsOnceForABurst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c cache[int64]
		var reads atomic.Int64
		read := func(ctx context.Context) (int64, error) { return reads.Add(1), pause.For(ctx, time.Second) }
		found := time.Now()
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				if got, err := c.get(t.Context(), "key", found, read); got != 1 || err != nil {
					t.Errorf("got %d, %v", got, err)
				}
			})
		}
		group.Wait()
		// A run that is found later must not see what was read before.
		if err := pause.For(t.Context(), time.Second); err != nil {
			t.Fatal(err)
		}
		if got, err := c.get(t.Context(), "key", time.Now(), read); got != 2 || err != nil {
			t.Errorf("got %d, %v for a later run", got, err)
		}
	})
}

// A reading that began before a run was found is not shared with it.
func TestCacheDoesNotShareAnOldReading(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c cache[int64]
		var reads atomic.Int64
		read := func(ctx context.Context) (int64, error) { return reads.Add(1), pause.For(ctx, 10*time.Second) }
		early := time.Now()
		go func() { _, _ = c.get(t.Context(), "key", early, read) }()
		if err := pause.For(t.Context(), time.Second); err != nil {
			t.Fatal(err)
		}
		if got, err := c.get(t.Context(), "key", time.Now(), read); got != 2 || err != nil {
			t.Errorf("got %d, %v", got, err)
		}
	})
}

func TestCacheKeepsNoFailures(t *testing.T) {
	t.Parallel()
	var c cache[int]
	fails := errors.New("no")
	if _, err := c.get(t.Context(), "key", time.Time{}, func(context.Context) (int, error) {
		return 0, fails
	}); !errors.Is(err, fails) {
		t.Errorf("got %v", err)
	}
	if got, err := c.get(t.Context(), "key", time.Time{}, func(context.Context) (int, error) {
		return 7, nil
	}); got != 7 || err != nil {
		t.Errorf("got %d, %v", got, err)
	}
}

func TestCacheForgetsWhatNobodyAsksFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c cache[int]
		read := func(context.Context) (int, error) { return 1, nil }
		for _, key := range []string{"a", "b"} {
			if _, err := c.get(t.Context(), key, time.Time{}, read); err != nil {
				t.Fatal(err)
			}
		}
		if err := pause.For(t.Context(), cacheLife+time.Second); err != nil {
			t.Fatal(err)
		}
		if _, err := c.get(t.Context(), "c", time.Time{}, read); err != nil {
			t.Fatal(err)
		}
		if len(c.entries) != 1 {
			t.Errorf("%d entries are left", len(c.entries))
		}
	})
}

// A reading goes on while somebody waits for it, whoever began it, and no longer: nothing is done, or said, after the
// worker has ended.
func TestCacheReadsForThoseWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c cache[int]
		var ended atomic.Bool
		read := func(ctx context.Context) (int, error) {
			defer ended.Store(true)
			return 7, pause.For(ctx, time.Hour)
		}
		first, endFirst := context.WithCancel(t.Context())
		second, endSecond := context.WithTimeout(t.Context(), time.Minute)
		defer endSecond()
		var waiting sync.WaitGroup
		for _, ctx := range []context.Context{first, second} {
			waiting.Go(func() {
				if _, err := c.get(ctx, "key", time.Time{}, read); err == nil {
					t.Error("got a value that was not read")
				}
			})
			synctest.Wait()
		}
		endFirst()
		synctest.Wait()
		if ended.Load() {
			t.Error("the second was left alone")
		}
		waiting.Wait()
		if !ended.Load() {
			t.Error("the reading goes on for nobody")
		}
	})
}
