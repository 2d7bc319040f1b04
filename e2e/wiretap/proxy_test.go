package wiretap_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"ecsctl/e2e/wiretap"
)

// The end of one test closes the idle connections of the default transport. The calls
// of others must not break by it: a POST is not sent twice.
func TestCallsOutliveTheServersOfOtherTests(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
	}))
	defer server.Close()
	base, closeProxy, err := (&wiretap.Tap{}).Proxy(server.URL, wiretap.AWS, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer closeProxy()
	done := make(chan struct{})
	var others sync.WaitGroup
	others.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				httptest.NewServer(http.NotFoundHandler()).Close()
			}
		}
	})
	defer others.Wait()
	defer close(done)
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for range 3000 {
		response, err := client.Post(base, "text/plain", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	}
}
