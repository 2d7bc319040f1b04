// Package pipenet is a network for tests in simulated time.
package pipenet

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
)

// Network has one address, and is made of pipes: who waits on it waits durably, as
// testing/synctest calls it, so that simulated time goes on. It is the net.Listener of its server.
type Network struct {
	calls  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// New makes a network whose server has not accepted a connection yet.
func New() *Network { return &Network{calls: make(chan net.Conn), closed: make(chan struct{})} }

// Accept waits for a connection.
func (n *Network) Accept() (net.Conn, error) {
	select {
	case c := <-n.calls:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close refuses connections from now on.
func (n *Network) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

// Addr is where everybody finds the server.
func (n *Network) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (n *Network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case n.calls <- far:
		return wire{near}, nil
	case <-n.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// wire fails in the words of a network, which the AWS SDK tries again after; a pipe has
// its own.
type wire struct{ net.Conn }

func (w wire) Read(b []byte) (int, error) {
	count, err := w.Conn.Read(b)
	return count, asReset("read", err)
}

func (w wire) Write(b []byte) (int, error) {
	count, err := w.Conn.Write(b)
	return count, asReset("write", err)
}

func asReset(op string, err error) error {
	if !errors.Is(err, io.ErrClosedPipe) {
		return err
	}
	return &net.OpError{Op: op, Net: "tcp", Err: os.NewSyscallError(op, syscall.ECONNRESET)}
}

// Client calls over the network, whatever the address.
func (n *Network) Client() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: n.dial, MaxIdleConnsPerHost: 32}}
}
