package commands_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// While AWS has not answered, a terminal says that it is being asked, and Ctrl-C is an end.
func TestLookingIsShown(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Run(bootstrapArgs...)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then is it heard that the caller has gone
		<-r.Context().Done()
	}))
	defer silent.Close()
	for _, args := range [][]string{
		append(slices.Clone(bootstrapArgs), "--dry-run"), {"teardown", "etl", "--dry-run"}, {"status", "etl"}, {"list"},
		{"doctor", "etl"}, {"logs", "etl"}, {"verify", "etl"}, {"open", "etl", "--print"},
	} {
		s := a.openScreen(80, 24, nil, []string{"AWS_ENDPOINT_URL=" + silent.URL}, args...)
		s.sees("asking AWS and Prefect (")
		s.press("\x03")
		s.exits(130)
	}
}
