package bounded

import (
	"io"
	"net/http"
)

// Body is a body that ends with a TooLargeError where there is more than limit.
func Body(of io.ReadCloser, limit int64) io.ReadCloser {
	return &body{ReadCloser: of, limit: limit, left: limit}
}

type body struct {
	io.ReadCloser
	limit, left int64
	over        bool
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if b.over {
		return 0, &TooLargeError{b.limit}
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1] // one more, to know whether there is more
	}
	n, err := b.ReadCloser.Read(p)
	if b.over = int64(n) > b.left; b.over {
		return int(b.left), &TooLargeError{b.limit}
	}
	b.left -= int64(n)
	return n, err
}

// Transport bounds the answers of another one.
type Transport struct {
	Next  http.RoundTripper
	Limit int64
}

// RoundTrip implements http.RoundTripper.
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.Next.RoundTrip(r)
	if err == nil && response.StatusCode != http.StatusSwitchingProtocols {
		response.Body = Body(response.Body, t.Limit)
	}
	return response, err
}
