package worker

import (
	"net"
	"net/http"
	"slices"
	"sync"
)

// maxHealthConns is how many connections the health port keeps. Whoever reaches it must not
// take the worker's memory or its files, nor keep a health check out: so when there are
// more, the one that has waited longest without a request is closed.
const maxHealthConns = 32

// healthConns are the connections that wait for a request, the longest first.
type healthConns struct {
	mu   sync.Mutex
	idle []net.Conn
}

// follow is the ConnState of a server.
func (h *healthConns) follow(conn net.Conn, state http.ConnState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.idle = slices.DeleteFunc(h.idle, func(c net.Conn) bool { return c == conn })
	if state != http.StateNew && state != http.StateIdle {
		return
	}
	h.idle = append(h.idle, conn)
	if len(h.idle) > maxHealthConns {
		_ = h.idle[0].Close() // its server sees it, and calls here again
		h.idle = h.idle[1:]
	}
}
