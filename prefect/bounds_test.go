package prefect_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ecsctl/prefect"
)

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestAnswersAreBounded: 256 kB on the wire are 256 MB unpacked.
func TestAnswersAreBounded(t *testing.T) { // not beside others: it counts what is allocated
	var bomb bytes.Buffer
	packed := gzip.NewWriter(&bomb)
	if _, err := io.CopyN(packed, zeros{}, 256<<20); err != nil {
		t.Fatal(err)
	}
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	}))
	t.Cleanup(server.Close)
	c, err := prefect.New(prefect.Options{APIURL: server.URL + "/api"})
	if err != nil {
		t.Fatal(err)
	}
	before := allocated()
	_, err = c.ReadWorkPool(t.Context(), "p")
	used := allocated() - before
	t.Logf("%d kB on the wire take %d MB", bomb.Len()>>10, used>>20)
	if !errors.Is(err, prefect.ErrTooLarge) || prefect.Temporary(err) ||
		!strings.Contains(err.Error(), "larger than 16 MiB") {
		t.Errorf("error %v", err)
	}
	if used > 128<<20 {
		t.Errorf("%d kB on the wire take %d MB", bomb.Len()>>10, used>>20)
	}
}
