package wiretap_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ecsctl/internal/testkit/wiretap"
)

// wire is a tap in front of a server that notes what reaches it. The path of a call
// names its operation; one by POST is a write.
type wire struct {
	t    *testing.T
	tap  *wiretap.Tap
	url  string
	gone chan struct{} // closed when the tap has seen the caller of /watched go away

	mu      sync.Mutex
	reached []string
}

// newWire has work do what the server does before it answers, and say its status.
func newWire(t *testing.T, work func(req *http.Request) int) *wire {
	t.Helper()
	w := &wire{t: t, tap: &wiretap.Tap{}, gone: make(chan struct{})}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		status := work(req)
		w.mu.Lock()
		w.reached = append(w.reached, req.URL.Path)
		w.mu.Unlock()
		rw.WriteHeader(status)
		_, _ = io.WriteString(rw, "done")
	}))
	t.Cleanup(server.Close)
	url, closeProxy, err := w.tap.Proxy(server.URL, w.classify, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeProxy)
	w.url = url
	return w
}

func (w *wire) classify(req *http.Request, _ []byte) (string, bool) {
	if req.URL.Path == "/watched" {
		context.AfterFunc(req.Context(), func() { close(w.gone) })
	}
	return req.URL.Path, req.Method == http.MethodPost
}

func fine(*http.Request) int { return http.StatusOK }

// send makes a call over a connection of its own, as a new process does. The invocation
// may be "".
func (w *wire) send(ctx context.Context, path, invocation string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+path, strings.NewReader("body"))
	if err != nil {
		return "", err
	}
	if invocation != "" {
		req.Header.Set("Amz-Sdk-Invocation-Id", invocation)
		req.Header.Set("Amz-Sdk-Request", "attempt=1; max=3")
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return fmt.Sprint(res.StatusCode, " ", string(body)), err
}

func (w *wire) must(path, invocation, want string) {
	w.t.Helper()
	if got, err := w.send(w.t.Context(), path, invocation); got != want || err != nil {
		w.t.Errorf("%s: got %q, %v; want %q", path, got, err, want)
	}
}

func (w *wire) breaks(path string) {
	w.t.Helper()
	if got, err := w.send(w.t.Context(), path, ""); err == nil {
		w.t.Errorf("%s: got %q, want a connection that breaks", path, got)
	}
}

func (w *wire) wantReached(want ...string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.reached, want) {
		w.t.Errorf("the server saw %q, want %q", w.reached, want)
	}
}

// takenBack waits until the tap has seen the caller die and reports whether the server is
// told so. That it is not has no event to wait for.
func (w *wire) takenBack(req *http.Request) bool {
	<-w.gone
	select {
	case <-req.Context().Done():
		return true
	case <-time.After(300 * time.Millisecond):
		return false
	}
}

// A caller that dies takes back nothing that it has sent, and Reset waits until the
// server has done it.
func TestACallerDiesMidCall(t *testing.T) {
	t.Parallel()
	var w *wire
	var done atomic.Bool
	began := make(chan struct{})
	w = newWire(t, func(req *http.Request) int {
		close(began)
		if w.takenBack(req) {
			t.Error("the call was taken back")
		}
		done.Store(true)
		return http.StatusOK
	})
	ctx, die := context.WithCancel(t.Context())
	go func() {
		<-began
		die()
	}()
	if got, err := w.send(ctx, "/watched", ""); err == nil {
		t.Errorf("the dead caller got %q", got)
	}
	w.tap.Reset()
	if !done.Load() {
		t.Error("Reset did not wait for the write")
	}
	w.wantReached("/watched")
	if calls := w.tap.Calls(); len(calls) != 0 {
		t.Errorf("after Reset there are %v", calls)
	}
}

// Calls that the kernel holds, or the proxy has accepted and not read, when their caller
// is dead already have no effect after Reset.
func TestResetLeavesNothingInTheQueue(t *testing.T) {
	t.Parallel()
	var reset atomic.Int64 // how many Resets have returned
	w := newWire(t, func(req *http.Request) int {
		var sent int64
		if _, err := fmt.Sscanf(req.URL.Path, "/dead/%d", &sent); err == nil && reset.Load() > sent {
			t.Errorf("call %d came after its Reset", sent)
		}
		return http.StatusOK
	})
	address := strings.TrimPrefix(w.url, "http://")
	for i := range 300 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprintf(conn, "POST /dead/%d HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", i)
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
		w.tap.Reset()
		reset.Add(1)
	}
	w.must("/alive", "", "200 done")
}

func TestKillBefore(t *testing.T) {
	t.Parallel()
	w := newWire(t, fine)
	kills := 0
	w.tap.Kill(wiretap.Moment{Operation: "/b", N: 2}, func() { kills++ })
	w.must("/a", "", "200 done")
	w.must("/b", "", "200 done")
	w.breaks("/b")
	w.breaks("/c") // nothing passes any more
	if !w.tap.Sprung() || kills != 1 {
		t.Errorf("%d kills", kills)
	}
	w.wantReached("/a", "/b")
	w.tap.Reset()
	w.must("/b", "", "200 done")
}

func TestKillAfter(t *testing.T) {
	t.Parallel()
	w := newWire(t, fine)
	kills := 0
	w.tap.Kill(wiretap.Moment{Operation: "/b", N: 1, After: true}, func() { kills++ })
	w.must("/a", "", "200 done")
	w.breaks("/b")
	w.breaks("/c")
	if !w.tap.Sprung() || kills != 1 {
		t.Errorf("%d kills", kills)
	}
	w.wantReached("/a", "/b") // the server has done the work all the same
	if calls := w.tap.Calls(); calls[1].Status != http.StatusOK ||
		!strings.Contains(calls[1].String(), "killed after it") {
		t.Errorf("got %v", calls)
	}
}

// refuse says 503 to the first attempt at each path.
func refuse() func(*http.Request) int {
	var seen sync.Map
	return func(req *http.Request) int {
		if _, again := seen.LoadOrStore(req.URL.Path, true); !again {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	}
}

// What is refused is no call to be killed at, and no write.
func TestRefusedAttemptsDoNotCount(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		w := newWire(t, refuse())
		w.tap.Kill(wiretap.Moment{Operation: "/b", N: 2, After: after}, func() {})
		w.must("/b", "1", "503 done")
		w.must("/b", "1", "200 done")
		if w.tap.Sprung() {
			t.Errorf("after=%v: killed at the second attempt of the first call", after)
		}
		if got := w.tap.Writes(); !slices.Equal(got, []string{"/b"}) {
			t.Errorf("writes %q, want one", got)
		}
		w.breaks("/b")
		if !w.tap.Sprung() {
			t.Errorf("after=%v: not killed at the second call", after)
		}
	}
}

// A call that is sent again because its answer was lost is one write; without an id
// of the SDK each is one.
func TestARepeatedCallIsOneWrite(t *testing.T) {
	t.Parallel()
	w := newWire(t, fine)
	for _, invocation := range []string{"1", "1", "2", "", ""} {
		w.must("/b", invocation, "200 done")
	}
	if got := w.tap.Writes(); len(got) != 4 {
		t.Errorf("%d writes, want 4", len(got))
	}
	if text := w.tap.Calls()[0].String(); !strings.HasPrefix(text, "200 /b; attempt=1; max=3; invocation=1; port=") {
		t.Errorf("a call says %q", text)
	}
}

// What the proxy has to say of a call without an answer is kept.
func TestTheErrorIsKept(t *testing.T) {
	t.Parallel()
	w := newWire(t, func(*http.Request) int { panic(http.ErrAbortHandler) })
	w.breaks("/b")
	if calls := w.tap.Calls(); len(calls) != 1 || calls[0].Err == "" || calls[0].Accepted() {
		t.Errorf("got %v", calls)
	}
	if got := w.tap.Writes(); len(got) != 0 {
		t.Errorf("writes %q, want none", got)
	}
}

// A fault takes the place of the server, and one that hangs lasts until the caller goes.
func TestFaults(t *testing.T) {
	t.Parallel()
	w := newWire(t, fine)
	arrived := make(chan struct{})
	w.tap.Inject(func(call wiretap.Call) *wiretap.Fault {
		switch call.Operation {
		case "/bad":
			return &wiretap.Fault{Status: http.StatusTeapot, Body: "no"}
		case "/watched":
			close(arrived)
			return &wiretap.Fault{Hang: true}
		}
		return nil
	})
	w.must("/bad", "", "418 no")
	ctx, die := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := w.send(ctx, "/watched", "")
		failed <- err
	}()
	<-arrived
	die()
	if err := <-failed; err == nil {
		t.Error("the call that hangs was answered")
	}
	<-w.gone
	w.tap.Inject(nil)
	w.must("/bad", "", "200 done")
	w.wantReached("/bad")
}
