package prefectapi

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/coder/websocket"

	"ecsctl/internal/pause"
)

// backlog is how many events may wait for a listener; more are dropped, as on a real server
// (prefect/server/events/stream.py).
const backlog = 256

// listener is a client that hears of events as they come.
type listener struct {
	filter outFilter
	past   bool // it wants the events of the past, too
	events chan event
}

// serveEventsOut streams events, those of the past first if they are asked for
// (prefect/server/api/events.py, stream_workspace_events_out).
func (a *API) serveEventsOut(w http.ResponseWriter, r *http.Request) {
	if a.isPrefect2() {
		writeError(w, notImplemented("websocket "+r.URL.Path))
		return
	}
	socket := a.accept(w, r, false, "")
	if socket == nil {
		return
	}
	defer func() { _ = socket.CloseNow() }()
	l, reason := a.readFilter(r.Context(), socket)
	if l == nil {
		_ = socket.Close(websocket.StatusProtocolError, reason)
		return
	}
	a.mu.Lock()
	a.listeners[l] = true
	past := slices.Clone(a.events)
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		delete(a.listeners, l)
		a.mu.Unlock()
	}()
	ctx := socket.CloseRead(r.Context())
	for _, e := range past {
		if l.past && l.filter.takes(e) && write(ctx, socket, object{"type": "event", "event": e}) != nil {
			return
		}
	}
	l.send(ctx, socket, a.feed.Late)
}

// readFilter reads the message that says what is listened to.
func (a *API) readFilter(ctx context.Context, socket *websocket.Conn) (*listener, string) {
	var message struct {
		Type     string
		Filter   json.RawMessage
		Backfill *bool
	}
	_, raw, err := socket.Read(ctx)
	if err != nil || json.Unmarshal(raw, &message) != nil {
		return nil, ""
	}
	if message.Type != "filter" {
		return nil, "Expected 'filter' message"
	}
	l := &listener{events: make(chan event, backlog), past: message.Backfill == nil || *message.Backfill}
	if l.filter, err = readOutFilter(message.Filter, l.past, a.now()); err != nil {
		return nil, "Invalid filter: " + err.Error()
	}
	return l, ""
}

func (l *listener) send(ctx context.Context, socket *websocket.Conn, late time.Duration) {
	for {
		select {
		case e := <-l.events:
			if pause.For(ctx, time.Duration(rand.Int64N(int64(late)+1))) != nil ||
				write(ctx, socket, object{"type": "event", "event": e}) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// tellListeners hands an event to those who want it; a.mu is held.
func (a *API) tellListeners(e event) {
	for l := range a.listeners {
		if !l.filter.takes(e) || rand.Float64() < a.feed.Lost {
			continue
		}
		l.push(e)
		if rand.Float64() < a.feed.Doubled {
			l.push(e)
		}
	}
}

func (l *listener) push(e event) {
	select {
	case l.events <- e:
	default: // the listener is too slow
	}
}

// tellOfState makes the server's own event of a new state, for listeners and for the feed
// (prefect/server/models/events.py, flow_run_state_change_event). The event has the state's id.
func (a *API) tellOfState(run *flowRun, before, s *state) {
	if a.isPrefect2() {
		return
	}
	message := ""
	if s.Message != nil {
		message = *s.Message
	}
	e := event{
		ID: s.ID, Occurred: s.Timestamp, Received: s.Timestamp, Event: "prefect.flow-run." + s.Name,
		Related: a.relatedToRun(run),
		Resource: map[string]string{
			"prefect.resource.id": "prefect.flow-run." + run.ID, "prefect.resource.name": run.Name,
			"prefect.run-count": strconv.Itoa(run.runCount), "prefect.state-message": message,
			"prefect.state-name": s.Name, "prefect.state-timestamp": s.Timestamp.Format(time.RFC3339Nano),
			"prefect.state-type": string(s.Type),
		},
		Payload: object{
			"intended":      object{"from": typeOf(before), "to": typeOf(s)},
			"initial_state": statePayload(before), "validated_state": statePayload(s),
		},
	}
	if before != nil && s.Timestamp.Sub(before.Timestamp.Time) < 5*time.Minute {
		e.Follows = &before.ID
	}
	a.keepEvents([]event{e})
}

// relatedToRun are the objects that a run belongs to, and the tags of all of them.
func (a *API) relatedToRun(run *flowRun) []map[string]string {
	related := []map[string]string{}
	tags := slices.Clone(run.Tags)
	add := func(kind, id, name string) map[string]string {
		r := map[string]string{"prefect.resource.id": "prefect." + kind + "." + id, "prefect.resource.role": kind,
			"prefect.resource.name": name}
		related = append(related, r)
		return r
	}
	if f := a.flowByID(run.FlowID); f != nil {
		add("flow", f.ID, f.Name)
		tags = append(tags, f.Tags...)
	}
	if d := a.deploymentByID(run.DeploymentID); d != nil {
		add("deployment", d.ID, d.Name)
		tags = append(tags, d.Tags...)
	}
	if p, q := a.queueByID(run.WorkQueueID); p != nil {
		add("work-queue", q.ID, q.Name)
		add("work-pool", p.ID, p.Name)["prefect.work-pool.type"] = p.Type
	}
	slices.Sort(tags)
	for _, tag := range slices.Compact(tags) {
		related = append(related, map[string]string{
			"prefect.resource.id": "prefect.tag." + tag, "prefect.resource.role": "tag",
		})
	}
	return related
}

func typeOf(s *state) any {
	if s == nil {
		return nil
	}
	return s.Type
}

func statePayload(s *state) any {
	if s == nil {
		return nil
	}
	out := object{"type": string(s.Type), "name": s.Name}
	if s.Message != nil && *s.Message != "" {
		out["message"] = *s.Message
	}
	return out
}
