package prefectapi

import (
	"net/http"

	"github.com/coder/websocket"
)

// serveEventsIn takes events one by one, as flow runs, clients and workers send them
// (prefect/server/api/events.py). One that is none ends the connection.
func (a *API) serveEventsIn(w http.ResponseWriter, r *http.Request) {
	if a.isPrefect2() {
		writeError(w, notImplemented("websocket "+r.URL.Path))
		return
	}
	socket := a.accept(w, r, false, "")
	if socket == nil {
		return
	}
	defer func() { _ = socket.CloseNow() }()
	for {
		_, raw, err := socket.Read(r.Context())
		if err != nil {
			return // the client is done
		}
		a.mu.Lock()
		e, err := a.readEvent(raw)
		if err == nil {
			a.keepEvents([]event{e})
		}
		a.mu.Unlock()
		if err != nil {
			_ = socket.Close(websocket.StatusInternalError, "")
			return
		}
	}
}
