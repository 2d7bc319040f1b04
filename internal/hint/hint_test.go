package hint

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOfCollectsHintsOnce(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	inner := Add(cause, "first", "second")
	outer := Add(fmt.Errorf("outer: %w", inner), "zeroth", "first")
	joined := errors.Join(outer, Add(errors.New("other"), "third"))
	if diff := cmp.Diff([]string{"zeroth", "first", "second", "third"}, Of(fmt.Errorf("all: %w", joined))); diff != "" {
		t.Error(diff)
	}
	if outer.Error() != "outer: cause" || !errors.Is(outer, cause) {
		t.Errorf("a hint changed the error: %v", outer)
	}
	if sentinel := Add(cause, "x"); !errors.Is(fmt.Errorf("wrapped: %w", sentinel), sentinel) {
		t.Error("an error with a hint does not match itself")
	}
	if diff := cmp.Diff([]string{"first", "second", "or"}, Of(Also(fmt.Errorf("outer: %w", inner), "or"))); diff != "" {
		t.Error(diff)
	}
	if Add(nil, "x") != nil || Also(nil, "x") != nil {
		t.Error("a hint made an error of nil")
	}
}
