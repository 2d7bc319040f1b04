package prefect_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ecsctl/prefect"
)

// pipes is a network in memory: it lives in a synctest bubble, so that retries take no
// time. refuse makes dialling fail.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	refuse func() bool
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(_ context.Context, _, _ string) (net.Conn, error) {
	if p.refuse != nil && p.refuse() {
		return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	}
	near, far := net.Pipe()
	p.conns <- far
	return near, nil
}

// bubble runs test in fake time against a server in memory.
func bubble(t *testing.T, handler http.Handler, refuse func() bool, test func(c *prefect.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := &pipes{make(chan net.Conn, 100), make(chan struct{}), refuse}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Hour}
		var served sync.WaitGroup
		served.Go(func() { _ = server.Serve(network) })
		transport := &http.Transport{DialContext: network.dial}
		c, err := prefect.New(prefect.Options{
			APIURL: "http://server/api", HTTPClient: &http.Client{Transport: transport},
		})
		if err != nil {
			t.Fatal(err)
		}
		test(c)
		transport.CloseIdleConnections()
		_ = server.Close()
		served.Wait()
	})
}

// script answers calls one after the other; the last answer is repeated.
type script struct {
	mu      sync.Mutex
	answers []func(http.ResponseWriter)
	at      []time.Time
	bodies  []string
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	answer := s.answers[min(len(s.at), len(s.answers)-1)]
	s.at, s.bodies = append(s.at, time.Now()), append(s.bodies, string(body))
	s.mu.Unlock()
	answer(w)
}

func status(code int, headers ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, `{"id":"x","detail":"so it is"}`)
	}
}

// hangUp ends the connection without an answer.
func hangUp(http.ResponseWriter) { panic(http.ErrAbortHandler) }

func TestRetries(t *testing.T) {
	t.Parallel()
	read := func(c *prefect.Client) error { _, err := c.ReadWorkPool(context.Background(), "p"); return err }
	create := func(c *prefect.Client) error {
		_, err := c.CreateWorkPool(context.Background(), prefect.WorkPoolCreate{Name: "p", Type: "ecs"})
		return err
	}
	propose := func(c *prefect.Client) error {
		_, err := c.SetFlowRunState(context.Background(), "r", prefect.StateProposal{Type: prefect.Pending})
		return err
	}
	for _, tt := range []struct {
		name     string
		answers  []func(http.ResponseWriter)
		call     func(*prefect.Client) error
		want     error
		calls    int
		min, max time.Duration // of all waits
	}{
		{"fine", []func(http.ResponseWriter){status(200)}, read, nil, 1, 0, 0},
		{"busy, then fine", []func(http.ResponseWriter){status(503), status(502), status(429), status(408),
			status(200)}, read, nil, 5, 2 * time.Second, 4 * time.Second},
		{"a busy server has not created", []func(http.ResponseWriter){status(503), status(200)}, create, nil, 2,
			100 * time.Millisecond, time.Second},
		{"busy for ever", []func(http.ResponseWriter){status(503)}, read, prefect.ErrBusy, 9, 20 * time.Second,
			60 * time.Second},
		{"Retry-After", []func(http.ResponseWriter){status(429, "Retry-After", "30"), status(200)}, read, nil, 2,
			30 * time.Second, 36 * time.Second},
		{"Retry-After of 31 years", []func(http.ResponseWriter){status(429, "Retry-After", "1000000000"), status(200)},
			read, nil, 2, 5 * time.Minute, 6 * time.Minute},
		{"maintenance is not counted",
			append(times(40, status(503, "Prefect-Maintenance", "true", "Retry-After", "60")), status(200)), create,
			nil, 41, 40 * time.Minute, 48 * time.Minute},
		{"refused for good", []func(http.ResponseWriter){status(404)}, read, prefect.ErrNotFound, 1, 0, 0},
		{"a fault of the server's", []func(http.ResponseWriter){status(500), status(200)}, read,
			&prefect.APIError{}, 1, 0, 0},
		{"lost answer of a read", []func(http.ResponseWriter){hangUp, status(200)}, read, nil, 2,
			100 * time.Millisecond, time.Second},
		{"lost answer of a proposal", []func(http.ResponseWriter){hangUp, status(200)}, propose, nil, 2,
			100 * time.Millisecond, time.Second},
		{"lost answer of a creation", []func(http.ResponseWriter){hangUp, status(200)}, create,
			prefect.ErrUnreachable, 1, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &script{answers: tt.answers}
			bubble(t, s, nil, func(c *prefect.Client) {
				begin := time.Now()
				err := tt.call(c)
				var answer *prefect.APIError
				if wanted := new(prefect.APIError); errors.As(tt.want, &wanted) && errors.As(err, &answer) {
					err, tt.want = nil, nil
				}
				check(t, err, tt.want, "call")
				if waited := time.Since(begin); waited < tt.min || waited > tt.max {
					t.Errorf("waited %v", waited)
				}
			})
			if len(s.at) != tt.calls {
				t.Errorf("%d calls, want %d", len(s.at), tt.calls)
			}
			for _, body := range s.bodies {
				if body != s.bodies[0] {
					t.Errorf("a retry sent %q, the first try %q", body, s.bodies[0])
				}
			}
		})
	}
}

func times[T any](n int, value T) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = value
	}
	return out
}

func TestRestartedServerIsWaitedFor(t *testing.T) {
	t.Parallel()
	down := false
	s := &script{answers: []func(http.ResponseWriter){status(200, "Connection", "close")}}
	tries := 0
	refuse := func() bool { // down for three attempts
		if !down {
			return false
		}
		tries++
		return tries <= 3
	}
	bubble(t, s, refuse, func(c *prefect.Client) {
		_, err := c.ReadWorkPool(context.Background(), "p")
		check(t, err, nil, "before")
		synctest.Wait()
		down = true
		_, err = c.CreateWorkPool(context.Background(), prefect.WorkPoolCreate{Name: "p"})
		check(t, err, nil, "after: the call had not left")
		if tries != 4 || len(s.at) != 2 {
			t.Errorf("%d dials, %d calls", tries, len(s.at))
		}
	})
}

func TestDeadlineSaysWhatItWaitedFor(t *testing.T) {
	t.Parallel()
	bubble(t, &script{answers: []func(http.ResponseWriter){status(503)}}, nil, func(c *prefect.Client) {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		_, err := c.ReadWorkPool(ctx, "p")
		check(t, err, context.DeadlineExceeded, "read")
		if !strings.Contains(err.Error(), "503") || !strings.Contains(err.Error(), "http://server/api") {
			t.Errorf("error %q", err)
		}
	})
}

func TestServerThatWasNeverThereIsToldOfAtOnce(t *testing.T) {
	t.Parallel()
	dials := 0
	refuse := func() bool { dials++; return true }
	bubble(t, &script{}, refuse, func(c *prefect.Client) {
		begin := time.Now()
		check(t, c.Health(context.Background()), prefect.ErrUnreachable, "health")
		if dials != 1 || time.Since(begin) != 0 {
			t.Errorf("%d dials in %v", dials, time.Since(begin))
		}
	})
}
