package prefect_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ecsctl/internal/pause"
	"ecsctl/prefect"
)

// A poll every some seconds is no new connection each time, where the server keeps them.
func TestAConnectionIsKeptBetweenPolls(t *testing.T) {
	t.Parallel()
	var made atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "[]")
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			made.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	client, err := prefect.New(prefect.Options{APIURL: server.URL + "/api"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := client.ScheduledFlowRuns(t.Context(), "pool", prefect.ScheduledQuery{}); err != nil {
			t.Fatal(err)
		}
		if err := pause.For(t.Context(), 5*time.Second); err != nil { // uvicorn's limit
			t.Fatal(err)
		}
	}
	if n := made.Load(); n != 1 {
		t.Errorf("%d connections for two polls", n)
	}
}

// A server closes a connection in the moment in which a call comes: it is sent again at once,
// and nobody hears of it.
func TestAConnectionThatIsJustBeingClosed(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	t.Cleanup(group.Wait)
	t.Cleanup(func() { listener.Close() })
	var calls, answered atomic.Int64
	group.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			stop := context.AfterFunc(t.Context(), func() { conn.Close() }) // ends before the cleanups
			reader := bufio.NewReader(conn)
			if request, err := http.ReadRequest(reader); err == nil {
				_, _ = io.Copy(io.Discard, request.Body)
				calls.Add(1)
				answered.Add(1)
				_, _ = io.WriteString(conn,
					"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]")
			}
			_, _ = reader.Peek(1) // the next call, which finds the connection closed
			calls.Add(1)
			stop()
			conn.Close()
		}
	})
	client, err := prefect.New(prefect.Options{APIURL: "http://" + listener.Addr().String() + "/api", MaxRetries: -1})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := client.ScheduledFlowRuns(t.Context(), "pool", prefect.ScheduledQuery{}); err != nil {
			t.Fatal(err)
		}
	}
	if answered.Load() != 2 || calls.Load() < 3 {
		t.Errorf("%d calls, %d answers", calls.Load(), answered.Load())
	}
}
