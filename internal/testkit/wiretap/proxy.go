package wiretap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
)

// Classify names the operation of a request and says whether it writes.
type Classify func(req *http.Request, body []byte) (operation string, write bool)

type (
	flightKey struct{}
	periodKey struct{}
)

var (
	errKilled = errors.New("the caller was killed after it")
	errClosed = errors.New("the proxy was closed")
)

// doorbell is a request of the tap itself, which goes nowhere.
const doorbell = "/_wiretap"

// Proxy opens a proxy in front of target and returns its base URL. Requests keep
// their headers, Host and Authorization included, and get those of header on top.
func (t *Tap) Proxy(target string, classify Classify, header http.Header) (base string, closeProxy func(), err error) {
	to, err := url.Parse(target)
	if err != nil {
		return "", nil, err
	}
	ahead := http.DefaultTransport.(*http.Transport).Clone()
	ahead.MaxIdleConnsPerHost = 32 // a plan reads all at once: with two it dials for most calls
	reverse := &httputil.ReverseProxy{
		Transport: ahead,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host
			for name, values := range header {
				r.Out.Header[http.CanonicalHeaderKey(name)] = values
			}
		},
		ModifyResponse: t.intercept,
		// Whatever went wrong, the caller sees a connection that breaks.
		ErrorHandler: func(_ http.ResponseWriter, req *http.Request, err error) {
			t.lost(req.Context().Value(flightKey{}).(*flight), err)
			panic(http.ErrAbortHandler)
		},
	}
	closing, hangUp := context.WithCancelCause(context.Background())
	server := httptest.NewUnstartedServer(t.handler(closing, reverse, classify))
	server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		t.mu.Lock()
		defer t.mu.Unlock()
		return context.WithValue(ctx, periodKey{}, t.currentPeriod())
	}
	server.Start()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.doors = append(t.doors, server.Listener.Addr().String())
	return server.URL, func() {
		t.forget(server.Listener.Addr().String())
		hangUp(errClosed)
		server.Close()
		ahead.CloseIdleConnections()
	}, nil
}

// forget leaves out a door: its port is anybody's from now on.
func (t *Tap) forget(door string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.doors = slices.DeleteFunc(slices.Clone(t.doors), func(d string) bool { return d == door })
}

// acceptBacklog returns when all connections that were made before it belong to the
// period: those that the kernel holds are accepted in their order.
func (t *Tap) acceptBacklog() {
	t.mu.Lock()
	doors := t.doors
	t.mu.Unlock()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, door := range doors {
		if res, err := client.Get("http://" + door + doorbell); err == nil { // one that closes accepts nobody
			res.Body.Close()
		}
	}
}

func (t *Tap) handler(closing context.Context, next http.Handler, classify Classify) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == doorbell {
			return
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		f := &flight{call: newCall(req, body, classify), from: req.Context().Value(periodKey{}).(*period)}
		switch verdict, fault := t.arrive(f); verdict {
		case passes:
			req.Body = io.NopCloser(bytes.NewReader(body))
			t.forward(closing, next, w, req, f)
		case fails:
			fault.answer(closing, w, req)
		case aborts:
			panic(http.ErrAbortHandler)
		}
	})
}

// forward sends a call on. Its caller may die meanwhile, and that must not take back
// what it has sent already: the context of the call ends with the call alone. One
// that could not end at all would make ReverseProxy watch the caller by itself.
func (t *Tap) forward(closing context.Context, next http.Handler, w http.ResponseWriter, req *http.Request, f *flight) {
	defer f.land()
	ctx, end := context.WithCancelCause(context.WithoutCancel(req.Context()))
	defer end(nil)
	defer context.AfterFunc(closing, func() { end(errClosed) })()
	defer func() {
		if p := recover(); p != nil { // ReverseProxy could not write the answer
			t.lost(f, fmt.Errorf("the answer did not reach the caller (%v)", context.Cause(req.Context())))
			panic(p)
		}
	}()
	next.ServeHTTP(w, req.WithContext(context.WithValue(ctx, flightKey{}, f)))
}

// intercept sees each answer before the caller does, as a whole: when the caller gets
// its beginning, nothing can break its rest but the caller.
func (t *Tap) intercept(res *http.Response) error {
	f := res.Request.Context().Value(flightKey{}).(*flight)
	if res.StatusCode != http.StatusSwitchingProtocols {
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return fmt.Errorf("the answer %d broke off: %w", res.StatusCode, err)
		}
		res.Body.Close()
		res.Body = io.NopCloser(bytes.NewReader(body))
	}
	if t.answered(f, res.StatusCode) {
		return errKilled
	}
	return nil
}

// answer is in the place of the server's.
func (f *Fault) answer(closing context.Context, w http.ResponseWriter, req *http.Request) {
	if f.Hang {
		select {
		case <-req.Context().Done():
		case <-closing.Done():
		}
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", f.ContentType)
	w.WriteHeader(f.Status)
	_, _ = io.WriteString(w, f.Body)
}
