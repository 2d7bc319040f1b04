package channel_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ecsctl/internal/pause"
	"ecsctl/internal/pipenet"
	"ecsctl/prefect"
	"ecsctl/prefect/channel"
	"ecsctl/sandbox/prefectapi"
)

const pool = "pool"

// world is a server with a pool, and what a channel has received from it.
type world struct {
	t      *testing.T
	server *prefectapi.API
	api    *prefect.Client
	front  atomic.Pointer[http.HandlerFunc] // answers in the server's place

	mu    sync.Mutex
	pools []*prefect.WorkPool // snapshots
}

// inSimulatedTime runs a test in a bubble of testing/synctest, whose worlds need its network.
func inSimulatedTime(t *testing.T, test func(t *testing.T, network *pipenet.Network)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, pipenet.New()) })
}

// newWorld starts the server; without a network it is on this machine's.
func newWorld(t *testing.T, network *pipenet.Network, client prefect.Options, options ...prefectapi.Option) *world {
	t.Helper()
	w := &world{t: t, server: prefectapi.New(options...)}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if front := w.front.Load(); front != nil {
			(*front)(rw, r)
			return
		}
		w.server.ServeHTTP(rw, r)
	}))
	if network != nil {
		server.Listener, client.HTTPClient = network, network.Client()
		t.Cleanup(client.HTTPClient.CloseIdleConnections) // a bubble waits for all goroutines
	}
	server.Start()
	t.Cleanup(server.Close)
	t.Cleanup(w.server.CloseChannels)
	client.APIURL = server.URL + "/api"
	w.api = must(prefect.New(client))(t)
	must(w.api.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: pool, Type: "ecs"}))(t)
	return w
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// run opens a channel that ends with the test.
func (w *world) run(change func(*channel.Options)) (c *channel.Channel, stop func()) {
	w.t.Helper()
	o := channel.Options{
		API: w.api, Pool: pool, Worker: "w1", WorkerType: "ecs", Heartbeat: time.Second,
		OnPool: func(p *prefect.WorkPool, _ string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.pools = append(w.pools, p)
		},
	}
	if change != nil {
		change(&o)
	}
	c = channel.New(o)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); c.Run(ctx) }()
	stop = func() { cancel(); <-ended }
	w.t.Cleanup(stop)
	return c, stop
}

func (w *world) last() *prefect.WorkPool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.pools) == 0 {
		return nil
	}
	return w.pools[len(w.pools)-1]
}

func (w *world) eventually(what string, is func() bool) {
	w.t.Helper()
	for began := time.Now(); !is(); w.rest(10 * time.Millisecond) {
		if time.Since(began) > 5*time.Minute { // only what hangs takes as long
			w.t.Fatalf("waited in vain for %s", what)
		}
	}
}

func (w *world) rest(d time.Duration) {
	w.t.Helper()
	if err := pause.For(w.t.Context(), d); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) heartbeat() time.Time {
	w.t.Helper()
	for _, worker := range must(w.api.Workers(w.t.Context(), pool))(w.t) {
		if worker.Name == "w1" {
			return worker.LastHeartbeatTime
		}
	}
	return time.Time{}
}

func TestHeartbeatsAndSnapshots(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, network *pipenet.Network) {
		w := newWorld(t, network, prefect.Options{})
		c, stop := w.run(nil)
		w.eventually("the connection", c.Open)
		if p := w.last(); p == nil || p.Name != pool || p.IsPaused {
			t.Fatalf("the first snapshot is %+v", p)
		}
		first := w.heartbeat()
		w.eventually("another heartbeat", func() bool { return w.heartbeat().After(first) })
		paused, template := true, json.RawMessage(`{"job_configuration":{"a":1},"variables":{"properties":{}}}`)
		if err := w.api.UpdateWorkPool(t.Context(), pool, prefect.WorkPoolUpdate{
			IsPaused: &paused, BaseJobTemplate: template,
		}); err != nil {
			t.Fatal(err)
		}
		w.eventually("the paused pool", func() bool { return w.last().IsPaused })
		if got := string(w.last().BaseJobTemplate); got != string(template) {
			t.Errorf("the snapshot has the template %s", got)
		}
		stop()
		if c.Open() {
			t.Error("it is open after its end")
		}
	})
}

// A connection that is lost is made again; meanwhile it is known to be closed.
func TestALostConnectionComesBack(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, network *pipenet.Network) {
		w := newWorld(t, network, prefect.Options{})
		c, _ := w.run(nil)
		w.eventually("the connection", c.Open)
		w.server.CloseChannels()
		w.eventually("the loss", func() bool { return !c.Open() })
		w.eventually("the next connection", c.Open)
	})
}

// A server without a channel is asked again after a long while: it may have been
// upgraded by then.
func TestAServerThatGetsAChannel(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{
		"no route": http.StatusNotFound, "older server": http.StatusForbidden, "gateway": http.StatusOK,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inSimulatedTime(t, func(t *testing.T, network *pipenet.Network) {
				w := newWorld(t, network, prefect.Options{})
				var attempts atomic.Int32
				old := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					if strings.HasSuffix(r.URL.Path, "/connect") {
						attempts.Add(1)
						rw.WriteHeader(status)
						return
					}
					w.server.ServeHTTP(rw, r)
				})
				w.front.Store(&old)
				c, _ := w.run(func(o *channel.Options) { o.FinalWait = 3 * time.Second })
				w.eventually("an attempt", func() bool { return attempts.Load() == 1 })
				w.rest(1500 * time.Millisecond)
				if n := attempts.Load(); n != 1 || c.Open() {
					t.Fatalf("%d attempts within a moment; open: %t", n, c.Open())
				}
				w.front.Store(nil)
				w.eventually("the connection", c.Open)
			})
		})
	}
}

func TestCredentialsAndHeaders(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		client  prefect.Options
		server  []prefectapi.Option
		refused bool
	}{
		"auth string": {prefect.Options{AuthString: "me:secret"},
			[]prefectapi.Option{prefectapi.WithAuthString("me:secret")}, false},
		"API key": {prefect.Options{APIKey: "pnu_1"}, []prefectapi.Option{prefectapi.WithAPIKey("pnu_1")}, false},
		"wrong": {prefect.Options{AuthString: "me:other"},
			[]prefectapi.Option{prefectapi.WithAuthString("me:secret")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := prefectapi.New(tc.server...)
			headers := make(chan http.Header, 100)
			front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				headers <- r.Header
				server.ServeHTTP(rw, r)
			}))
			t.Cleanup(front.Close)
			t.Cleanup(server.CloseChannels)
			tc.client.APIURL, tc.client.UserAgent = front.URL+"/api", "ecsctl/test"
			tc.client.Headers = map[string]prefect.Secret{"X-Team": "blue", "Sec-WebSocket-Protocol": "nonsense"}
			admin := tc.client
			if tc.refused {
				admin.AuthString = "me:secret"
			}
			must(must(prefect.New(admin))(t).CreateWorkPool(t.Context(), prefect.WorkPoolCreate{
				Name: pool, Type: "ecs",
			}))(t)
			<-headers
			w := &world{t: t, api: must(prefect.New(tc.client))(t)}
			c, _ := w.run(nil)
			sent := <-headers
			if sent.Get("X-Team") != "blue" || sent.Get("User-Agent") != "ecsctl/test" ||
				sent.Get("Sec-Websocket-Protocol") != "prefect" {
				t.Errorf("the handshake had the headers %v", sent)
			}
			if tc.refused {
				select {
				case <-headers:
					t.Error("it came back at once after it was refused for good")
				case <-time.After(2 * time.Second):
				}
				return
			}
			w.eventually("the connection", c.Open)
		})
	}
}
