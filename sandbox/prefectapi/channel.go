package prefectapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/coder/websocket"
)

// Reasons for which a server closes a worker channel.
const (
	authenticationFailed = "authentication_failed"
	authorizationFailed  = "authorization_failed"
	unsupportedVersion   = "unsupported_version"
	protocolError        = "protocol_error"
	heartbeatNotKept     = "heartbeat_persistence_failed"
	serverError          = "transient_server_error"
)

func closeCode(reason string) websocket.StatusCode {
	switch reason {
	case protocolError:
		return websocket.StatusProtocolError
	case heartbeatNotKept, serverError:
		return websocket.StatusInternalError
	}
	return websocket.StatusPolicyViolation
}

// snapshotDelay is how long a server waits for further changes of a pool before it tells
// of them.
const snapshotDelay = 50 * time.Millisecond

// channel is a worker's open connection. API.mu guards all but the socket.
type channel struct {
	api      *API
	socket   *websocket.Conn
	pool     *pool
	consumer string
	worker   string
	updated  moment // of the pool, as the worker knows it
	sequence int
	stale    string // why a snapshot is about to be sent

	kinds  []string // of cleanups that it takes; none when it takes none
	queues []string // ids of the work queues whose cleanups it is preferred for
	most   int      // cleanups at once

	out   []object // frames to be sent
	end   string   // the reason to close it with, after them
	awake chan struct{}
}

// serveChannel is the worker channel (prefect/server/api/workers.py).
func (a *API) serveChannel(w http.ResponseWriter, r *http.Request) {
	if a.isPrefect2() || a.noChannel {
		noSocket(w)
		return
	}
	socket := a.accept(w, r, true, authenticationFailed)
	if socket == nil {
		return
	}
	defer func() { _ = socket.CloseNow() }()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	c, err := a.openChannel(ctx, socket, r.PathValue("pool"))
	var breach *breach
	if errors.As(err, &breach) {
		_ = socket.Close(closeCode(breach.reason), breach.reason)
	}
	if err != nil {
		return
	}
	defer a.leaveChannel(c)
	go func() {
		defer cancel()
		c.sendAll(ctx)
	}()
	c.receiveAll(ctx)
}

// breach is why a channel is closed.
type breach struct{ reason string }

func (b *breach) Error() string { return b.reason }

func (a *API) openChannel(ctx context.Context, socket *websocket.Conn, poolName string) (*channel, error) {
	_, raw, err := socket.Read(ctx)
	if err != nil {
		return nil, err
	}
	var h helloPayload
	if _, err := readFrame(raw, helloFrame, &h); err != nil {
		return nil, err
	}
	if !h.fits() {
		return nil, &breach{protocolError}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	c, ready, err := a.welcome(socket, poolName, h)
	if err != nil {
		return nil, err
	}
	c.push("worker.ready.v1", ready)
	a.channels = append(a.channels, c)
	a.dispatch(c.pool)
	return c, nil
}

// welcome decides what a worker gets, and counts the hello as its first heartbeat.
func (a *API) welcome(socket *websocket.Conn, poolName string, h helloPayload) (*channel, object, error) {
	if !slices.Contains(h.Versions, channelVersion) {
		return nil, nil, &breach{unsupportedVersion}
	}
	p, err := a.findPool(poolName)
	if err != nil {
		if p, err = a.poolOfHello(poolName, h); err != nil {
			return nil, nil, err
		}
	}
	queues, err := p.named(h.WorkQueues)
	if err != nil {
		return nil, nil, &breach{authorizationFailed}
	}
	if !slices.Contains(a.pools, p) {
		a.pools = append(a.pools, p)
	}
	if len(p.Template) == 0 && len(h.Template) > 0 {
		p.Template, p.Updated = h.Template, moment{a.now()}
	}
	a.beat(p, h.Name, h.Interval)
	c := &channel{
		api: a, socket: socket, pool: p, consumer: h.Consumer, worker: h.Name, updated: p.Updated, sequence: 1,
		awake: make(chan struct{}, 1),
	}
	accepted := []string{heartbeatCapability, snapshotCapability}
	if h.wantsCleanups() {
		accepted = append(accepted, cleanupCapability)
		c.kinds, c.most = h.Kinds, int(*h.MostCleanups)
	}
	shown := []object{}
	for _, q := range queues {
		c.queues = append(c.queues, q.ID)
		shown = append(shown, object{"id": q.ID, "name": q.Name})
	}
	return c, object{
		"consumer_id": h.Consumer, "worker_id": nil, "selected_channel_version": channelVersion,
		"effective_heartbeat_interval_seconds": h.Interval, "accepted_capabilities": accepted,
		"rejected_capabilities":             h.without(accepted),
		"effective_max_cleanup_concurrency": c.most, "resolved_work_queues": shown,
		"initial_snapshot": c.snapshot("initial"),
	}, nil
}

// poolOfHello is a pool that the worker wants made; it is not there yet.
func (a *API) poolOfHello(name string, h helloPayload) (*pool, error) {
	if !h.CreatePool || isReserved(name) {
		return nil, &breach{authorizationFailed}
	}
	if checkTemplate(h.Template) != nil {
		return nil, &breach{serverError}
	}
	p := &pool{ID: newID(), Created: moment{a.now()}, Name: name, Type: h.Type, Template: h.Template}
	p.Updated = p.Created
	p.queues = []*queue{a.newQueue(p, "default", "The work pool's default queue.")}
	return p, nil
}

// named are the queues of these names, or all.
func (p *pool) named(names []string) ([]*queue, error) {
	if len(names) == 0 {
		return p.byPriority(), nil
	}
	var out []*queue
	for i, name := range names {
		q, err := p.findQueue(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(names[:i], name) {
			out = append(out, q)
		}
	}
	return out, nil
}

func (c *channel) snapshot(reason string) object {
	return object{"snapshot_sequence": c.sequence, "reason": reason, "work_pool": c.api.showPool(c.pool)}
}

func (a *API) leaveChannel(c *channel) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.channels = slices.DeleteFunc(a.channels, func(other *channel) bool { return other == c })
}

// CloseChannels cuts all worker channels, as a server that is restarted does.
func (a *API) CloseChannels() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.channels {
		go func() { _ = c.socket.CloseNow() }()
	}
}
