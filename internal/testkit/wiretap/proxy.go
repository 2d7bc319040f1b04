package wiretap

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
)

// Classify names the operation of a request and says whether it writes.
type Classify func(req *http.Request, body []byte) (operation string, write bool)

type flight struct {
	call      *Call
	killAfter bool
	landed    func() // the call is over, once
}

type (
	flightKey struct{}
	periodKey struct{}
)

var errKilled = errors.New("the caller was killed")

// Proxy opens a proxy in front of target and returns its base URL. Requests keep
// their headers, Host and Authorization included, and get those of header on top.
func (t *Tap) Proxy(target string, classify Classify, header http.Header) (base string, closeProxy func(), err error) {
	to, err := url.Parse(target)
	if err != nil {
		return "", nil, err
	}
	reverse := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host
			for name, values := range header {
				r.Out.Header[http.CanonicalHeaderKey(name)] = values
			}
		},
		ModifyResponse: t.intercept,
		// Whatever went wrong, the caller sees a connection that breaks.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	server := httptest.NewUnstartedServer(t.handler(reverse, classify))
	server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, periodKey{}, t.currentPeriod())
	}
	server.Start()
	return server.URL, server.Close, nil
}

func (t *Tap) handler(next http.Handler, classify Classify) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		call := &Call{Body: string(body)}
		call.Operation, call.Write = classify(req, body)
		period, _ := req.Context().Value(periodKey{}).(int)
		fault, pass, killAfter := t.arrive(call, period)
		landed := sync.OnceFunc(t.land)
		defer landed()
		if fault != nil {
			w.Header().Set("Content-Type", fault.ContentType)
			w.WriteHeader(fault.Status)
			_, _ = io.WriteString(w, fault.Body)
			return
		}
		if !pass {
			panic(http.ErrAbortHandler)
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		// A caller that dies must not take back what it has sent already.
		ctx := context.WithValue(context.WithoutCancel(req.Context()), flightKey{}, flight{call, killAfter, landed})
		next.ServeHTTP(w, req.WithContext(ctx))
	})
}

// intercept sees each answer before the caller does.
func (t *Tap) intercept(res *http.Response) error {
	f, ok := res.Request.Context().Value(flightKey{}).(flight)
	if !ok {
		return nil
	}
	t.answered(f.call, res)
	if res.StatusCode == http.StatusSwitchingProtocols {
		f.landed() // a websocket stays open, and nobody waits for its end
	}
	if !f.killAfter {
		return nil
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.spring()
	return errKilled
}
