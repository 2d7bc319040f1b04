package chaos_test

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// line is a network of one address, made of pipes: who waits on it waits durably, as
// testing/synctest calls it, so that simulated time goes on.
type line struct {
	calls  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newLine() *line { return &line{calls: make(chan net.Conn), closed: make(chan struct{})} }

func (l *line) Accept() (net.Conn, error) {
	select {
	case c := <-l.calls:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *line) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *line) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (l *line) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.calls <- far:
		return near, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// client calls over the line, whatever the address.
func (l *line) client() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: l.dial, MaxIdleConnsPerHost: 32}}
}
