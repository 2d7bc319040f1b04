package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ecsctl/internal/hint"
	"ecsctl/worker/awsaccess"
)

// health is the stage that answers whether the worker is well.
type health struct {
	poll      *poll
	refusal   *refusal
	heartbeat *heartbeat
	metrics   *metrics
	interval  time.Duration // of the polls
	show      bool          // /metrics
	began     time.Time
	server    *http.Server
	address   string // where it listens
}

// silentPolls is how many intervals without a poll make a worker unhealthy, as with
// the official one. A poll that Prefect does not answer is one too: a worker is not
// to be restarted because the API is away.
const silentPolls = 30

// healthTimeout is for all of a request, and for a connection without one.
const healthTimeout = 10 * time.Second

// readyPolls is how many intervals without an answer make it unready.
const readyPolls = 3

// listen opens the port.
func (h *health) listen(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, hint.Add(fmt.Errorf("failed to serve the health check: %w", err),
			"choose another port with PREFECT_WORKER_WEBSERVER_PORT, or leave out --with-healthcheck and --metrics")
	}
	h.address = listener.Addr().String()
	h.server = &http.Server{
		Handler: h.handler(), ReadHeaderTimeout: healthTimeout, ReadTimeout: healthTimeout, WriteTimeout: healthTimeout,
		IdleTimeout: healthTimeout, MaxHeaderBytes: 16 << 10, ConnState: (&healthConns{}).follow,
	}
	return listener, nil
}

// serve answers until the context ends.
func (h *health) serve(ctx context.Context, listener net.Listener, log *slog.Logger) {
	stop := context.AfterFunc(ctx, func() { _ = h.server.Close() })
	defer stop()
	if err := h.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		log.Error("the health check is no longer served", "error", err)
	}
}

func (h *health) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { h.answer(w, h.well(time.Now())) })
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) { h.answer(w, h.ready(time.Now())) })
	if h.show {
		mux.Handle("GET /metrics", promhttp.HandlerFor(h.metrics.registry, promhttp.HandlerOpts{}))
	}
	return mux
}

// well tells what is wrong with the worker, or nothing.
func (h *health) well(now time.Time) string {
	last := time.Unix(0, h.poll.tried.Load())
	if h.began.After(last) {
		last = h.began
	}
	if now.Sub(last) > max(silentPolls*h.interval, pollTimeout+h.interval) {
		return "Worker may be unresponsive at this time"
	}
	if err := h.refusal.reason(); err != nil {
		return awsaccess.Sentence(err)
	}
	return ""
}

// ready tells why runs would not be launched now, or nothing.
func (h *health) ready(now time.Time) string {
	known := h.heartbeat.current.Load()
	switch {
	case known == nil:
		return "the work pool is not known yet"
	case known.refused != nil:
		return awsaccess.Sentence(known.refused)
	case now.Sub(time.Unix(0, h.poll.reached.Load())) > max(readyPolls*h.interval, time.Second):
		return "Prefect has not answered a poll lately"
	}
	return ""
}

func (h *health) answer(w http.ResponseWriter, wrong string) {
	w.Header().Set("Content-Type", "application/json")
	message := "OK"
	if wrong != "" {
		message = wrong
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	// A client that has gone does not want its answer.
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message})
}

// checkTimeout is shorter than the five seconds that ECS gives a health check.
const checkTimeout = 4 * time.Second

// CheckHealth asks a worker's health check for its answer: nil when it is well. The
// address is one that a worker listens on, host:port.
func CheckHealth(ctx context.Context, address, path string) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	url := "http://" + reachable(address) + path
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("failed to ask for the worker's health: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return hint.Add(fmt.Errorf("failed to reach the worker at %s: %w", url, awsaccess.Innermost(err)),
			"start the worker with --with-healthcheck, and set PREFECT_WORKER_WEBSERVER_PORT to the same port for both")
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		return nil
	}
	var answer struct {
		Message string `json:"message"`
	}
	if json.NewDecoder(io.LimitReader(response.Body, 64<<10)).Decode(&answer) != nil || answer.Message == "" {
		answer.Message = response.Status
	}
	return fmt.Errorf("the worker at %s is unhealthy: %w", url, errors.New(answer.Message))
}

// reachable turns "all addresses" into one that can be called.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

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
