package channel

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/coder/websocket"

	"ecsctl/prefect"
)

const (
	setupLimit = 10 * time.Second // from the first byte to worker.ready.v1
	writeLimit = 20 * time.Second
	// maxMessage leaves room for the largest base job templates.
	maxMessage = 16 << 20
)

// conn is an open connection.
type conn struct{ socket *websocket.Conn }

// open connects, authenticates, and introduces the worker.
func open(ctx context.Context, to prefect.Dialing, h hello) (conn, ready, error) {
	setup, cancel := context.WithTimeout(ctx, setupLimit)
	defer cancel()
	socket, response, err := websocket.Dial(setup, to.URL, &websocket.DialOptions{
		HTTPClient: to.Client, HTTPHeader: to.Header, Subprotocols: []string{subprotocol},
	})
	switch {
	case err != nil && setup.Err() != nil:
		return conn{}, ready{}, late(setup, err)
	case err != nil && response != nil:
		return conn{}, ready{}, refused(response.StatusCode, err)
	case err != nil:
		return conn{}, ready{}, &Error{Reason: connectionLost, cause: err}
	}
	socket.SetReadLimit(maxMessage)
	c := conn{socket}
	answer, err := c.introduce(setup, to.Token, h)
	if err != nil {
		c.closeFor(err)
		if setup.Err() != nil {
			err = late(setup, err)
		}
		return conn{}, ready{}, err
	}
	return c, answer, nil
}

func late(setup context.Context, err error) error {
	if errors.Is(setup.Err(), context.DeadlineExceeded) {
		return &Error{Reason: setupTimeout, cause: err}
	}
	return setup.Err()
}

func (c conn) introduce(ctx context.Context, token prefect.Secret, h hello) (ready, error) {
	auth := authRequest{Type: "auth"}
	if token != "" {
		plain := token.Reveal()
		auth.Token = &plain
	}
	if err := c.send(ctx, auth); err != nil {
		return ready{}, err
	}
	welcome, err := c.receive(ctx)
	if err != nil {
		return ready{}, err
	}
	if welcome.Type != "auth_success" {
		return ready{}, violation("the server answered the authentication with %q", welcome.Type)
	}
	if err := c.send(ctx, newFrame(helloType, h)); err != nil {
		return ready{}, err
	}
	first, err := c.receive(ctx)
	if err != nil {
		return ready{}, err
	}
	if first.Type != readyType {
		return ready{}, violation("the server answered %s with %q", helloType, first.Type)
	}
	var answer ready
	if err := first.read(&answer); err != nil {
		return ready{}, err
	}
	return answer, answer.check(h)
}

// check holds what the server has decided against what was asked for.
func (r ready) check(h hello) error {
	switch {
	case r.ConsumerID != h.ConsumerID:
		return violation("the server answered to another worker")
	case r.Version != channelVersion:
		return violation("the server chose version %q", r.Version)
	case r.HeartbeatInterval < 1:
		return violation("the server wants a heartbeat every %d seconds", r.HeartbeatInterval)
	case !slices.Contains(r.Accepted, heartbeatCapability), !slices.Contains(r.Accepted, snapshotCapability):
		return violation("the server takes no heartbeats or gives no snapshots: it accepted %q", r.Accepted)
	case r.cleans() && !slices.Contains(h.Capabilities, cleanupCapability):
		return violation("the server accepted %s, which was not asked for", cleanupCapability)
	case r.cleans() != (r.MaxCleanup > 0):
		return violation("the server accepted %q with up to %d cleanups at once", r.Accepted, r.MaxCleanup)
	}
	return r.Snapshot.check()
}

func (r ready) cleans() bool { return slices.Contains(r.Accepted, cleanupCapability) }

// send writes a message; it may be called by several at once. A context that ends
// meanwhile closes the connection.
func (c conn) send(ctx context.Context, message any) error {
	raw, err := json.Marshal(message)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeLimit)
	defer cancel()
	if err := c.socket.Write(ctx, websocket.MessageText, raw); err != nil {
		return ended(err)
	}
	return nil
}

// receive waits for the next message. A context that ends closes the connection.
func (c conn) receive(ctx context.Context) (received, error) {
	_, raw, err := c.socket.Read(ctx)
	if err != nil {
		return received{}, ended(err)
	}
	var r received
	if err := json.Unmarshal(raw, &r); err != nil {
		return received{}, violation("the server sent what is not JSON: %v", err)
	}
	return r, nil
}

// closeFor ends the connection, and tells the server when it is at fault.
func (c conn) closeFor(err error) {
	var known *Error
	code := websocket.StatusNormalClosure
	if errors.As(err, &known) && known.Reason == protocolError {
		code = websocket.StatusProtocolError
	}
	_ = c.socket.Close(code, "") // it is over either way
}
