package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
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
