// Package feed listens to a Prefect server's events as they happen: the websocket
// /events/out (prefect/server/api/events.py in prefect 3.8.8). A connection begins with auth,
// answered by auth_success, and a filter; after that the server sends events. It promises
// nothing: events may come late, twice, or not at all, and not all servers have a feed. Who
// listens needs another way to learn the same.
package feed

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"ecsctl/internal/pause"
	"ecsctl/prefect"
)

const (
	subprotocol = "prefect"
	setupLimit  = 10 * time.Second
	maxMessage  = 16 << 20
	// defaultPing notices a connection that died silently: no pong comes.
	defaultPing = 30 * time.Second
	pongLimit   = 10 * time.Second

	year = 365 * 24 * time.Hour

	firstWait = time.Second
	mostWait  = time.Minute
	// noFeedWait is the wait after errNoFeed: the server may be upgraded meanwhile.
	noFeedWait = 10 * time.Minute
)

// Options say what is listened to.
type Options struct {
	API      *prefect.Client
	Prefixes []string // of the events' names
	// OnEvent gets each event, OnOpen is called when a connection begins: what happened
	// before it is not told. The connection waits for both.
	OnEvent func(Event)
	OnOpen  func()
	Ping    time.Duration // between pings; default 30 s
	Logger  *slog.Logger  // default: silence
}

// Event is an event as the server gives it.
type Event struct {
	ID       string              `json:"id"`
	Event    string              `json:"event"` // its name
	Occurred time.Time           `json:"occurred"`
	Resource map[string]string   `json:"resource"`
	Related  []map[string]string `json:"related"`
}

// errNoFeed is the error when the server has no events to give.
var errNoFeed = errors.New("the server has no feed of events")

// Listen connects, and connects again after every loss, until the context ends.
func Listen(ctx context.Context, o Options) {
	log := cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	for failures := 1; ; failures++ {
		connected, err := o.once(ctx)
		if ctx.Err() != nil {
			return
		}
		if connected {
			failures = 1
		}
		wait := min(mostWait, firstWait<<min(failures-1, 10))
		if errors.Is(err, errNoFeed) {
			wait = noFeedWait
		}
		wait = time.Duration(float64(wait) * (0.8 + 0.4*rand.Float64()))
		log.DebugContext(ctx, "the feed of events is closed", "again in", wait.Round(time.Second).String(),
			"error", err)
		if pause.For(ctx, wait) != nil {
			return
		}
	}
}

// once is one connection, from dialling to its end.
func (o Options) once(ctx context.Context) (connected bool, err error) {
	socket, err := o.open(ctx)
	if err != nil {
		return false, err
	}
	defer func() { _ = socket.CloseNow() }()
	if o.OnOpen != nil {
		o.OnOpen()
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	go o.ping(ctx, socket)
	for {
		var message struct {
			Type  string `json:"type"`
			Event Event  `json:"event"`
		}
		if err := receive(ctx, socket, &message); err != nil {
			return true, err
		}
		if message.Type == "event" {
			o.OnEvent(message.Event)
		}
	}
}

func (o Options) ping(ctx context.Context, socket *websocket.Conn) {
	for pause.For(ctx, cmp.Or(o.Ping, defaultPing)) == nil {
		limited, cancel := context.WithTimeout(ctx, pongLimit)
		err := socket.Ping(limited)
		cancel()
		if err != nil {
			_ = socket.CloseNow() // the reader sees it
			return
		}
	}
}

func (o Options) open(ctx context.Context) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, setupLimit)
	defer cancel()
	to := o.API.Dialing("events", "out")
	socket, response, err := websocket.Dial(ctx, to.URL, &websocket.DialOptions{
		HTTPClient: to.Client, HTTPHeader: to.Header, Subprotocols: []string{subprotocol},
	})
	if err != nil {
		if response != nil && response.StatusCode < http.StatusInternalServerError &&
			response.StatusCode != http.StatusTooManyRequests {
			err = fmt.Errorf("%w: %w", errNoFeed, err)
		}
		return nil, err
	}
	socket.SetReadLimit(maxMessage)
	if err := o.introduce(ctx, socket, to.Token); err != nil {
		_ = socket.CloseNow()
		if websocket.CloseStatus(err) == websocket.StatusPolicyViolation {
			err = fmt.Errorf("%w: %w", errNoFeed, err)
		}
		return nil, err
	}
	return socket, nil
}

func (o Options) introduce(ctx context.Context, socket *websocket.Conn, token prefect.Secret) error {
	if err := authenticate(ctx, socket, token); err != nil {
		return err
	}
	return send(ctx, socket, map[string]any{"type": "filter", "filter": o.filter(), "backfill": false})
}

func authenticate(ctx context.Context, socket *websocket.Conn, token prefect.Secret) error {
	auth := map[string]any{"type": "auth", "token": nil}
	if token != "" {
		auth["token"] = token.Reveal()
	}
	if err := send(ctx, socket, auth); err != nil {
		return err
	}
	var welcome struct {
		Type string `json:"type"`
	}
	if err := receive(ctx, socket, &welcome); err != nil {
		return err
	}
	if welcome.Type != "auth_success" {
		return fmt.Errorf("the server answered the authentication with %q", welcome.Type)
	}
	return nil
}

// filter asks for what happens from now on. The server tells of nothing that happens after
// the end of the time that is asked for, which is now unless another one is given.
func (o Options) filter() map[string]any {
	now := time.Now().UTC()
	return map[string]any{
		"event":    map[string]any{"prefix": o.Prefixes},
		"occurred": map[string]any{"since": now.Add(-time.Minute), "until": now.Add(year)},
	}
}

func send(ctx context.Context, socket *websocket.Conn, message any) error {
	raw, err := json.Marshal(message)
	if err != nil {
		return err
	}
	return socket.Write(ctx, websocket.MessageText, raw)
}

func receive(ctx context.Context, socket *websocket.Conn, message any) error {
	_, raw, err := socket.Read(ctx)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, message)
}
