package wiretap_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"ecsctl/internal/testkit/wiretap"
)

// Closing a proxy ends what is under way.
func TestCloseEndsCalls(t *testing.T) {
	t.Parallel()
	tap, began, ended := &wiretap.Tap{}, make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		close(began)
		<-req.Context().Done()
		close(ended)
	}))
	defer server.Close()
	url, closeProxy, err := tap.Proxy(server.URL, wiretap.Prefect, nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-began
		closeProxy()
	}()
	if _, err := http.Post(url, "text/plain", http.NoBody); err == nil {
		t.Error("there was an answer")
	}
	<-ended
	tap.Reset()
}
