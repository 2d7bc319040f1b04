package pause

import (
	"math"
	"testing"
	"time"
)

// A backoff doubles up to its limit, also where the shift would overflow, and is a fifth
// off at the most.
func TestBackoff(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]time.Duration{
		0: time.Second, 1: 2 * time.Second, 3: 8 * time.Second, 4: 15 * time.Second, 40: 15 * time.Second,
		math.MaxInt: 15 * time.Second,
	} {
		for range 100 {
			if got := Backoff(n, time.Second, 15*time.Second); got < want*8/10 || got > want*12/10 {
				t.Fatalf("repetition %d: %s, want %s", n, got, want)
			}
		}
	}
}
