package prefectapi

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/coder/websocket"
)

const (
	prefectProtocol = "prefect"
	maxMessage      = 16 << 20
)

func isUpgrade(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// socketRoutes are the websockets. They are authenticated by their first message and not
// by headers.
func (a *API) socketRoutes() {
	a.sockets.HandleFunc("GET /work_pools/{pool}/workers/connect", a.serveChannel)
	a.sockets.HandleFunc("GET /events/in", a.serveEventsIn)
	a.sockets.HandleFunc("GET /events/out", a.serveEventsOut)
	a.sockets.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, notImplemented("websocket "+r.URL.Path))
	})
}

// noSocket is how a server refuses a websocket before it is one.
func noSocket(w http.ResponseWriter) { w.WriteHeader(http.StatusForbidden) }

// accept opens a websocket and authenticates the client
// (prefect/server/utilities/subscriptions.py); nil when it is over. refusal is the reason
// that failures are given; empty is a sentence for each.
func (a *API) accept(w http.ResponseWriter, r *http.Request, must bool, refusal string) *websocket.Conn {
	offered := strings.Split(strings.Join(r.Header.Values("Sec-WebSocket-Protocol"), ","), ",")
	speaks := slices.ContainsFunc(offered, func(name string) bool { return strings.TrimSpace(name) == prefectProtocol })
	token := a.authString
	if token == "" {
		token = a.apiKey
	}
	if !speaks && (must || token != "") {
		noSocket(w)
		return nil
	}
	socket, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{prefectProtocol}})
	if err != nil {
		return nil // the client has its answer
	}
	socket.SetReadLimit(maxMessage)
	if speaks && !admit(r.Context(), socket, token, refusal) {
		return nil
	}
	return socket
}

func admit(ctx context.Context, socket *websocket.Conn, token, refusal string) bool {
	var message struct {
		Type  string
		Token string
	}
	_, raw, err := socket.Read(ctx)
	if err != nil {
		return false
	}
	wrong := ""
	switch {
	case json.Unmarshal(raw, &message) != nil:
		_ = socket.Close(websocket.StatusInternalError, "")
		return false
	case message.Type != "auth":
		wrong = "Expected 'auth' message"
	case token == "":
	case message.Token == "":
		wrong = "Auth required but no token provided"
	case subtle.ConstantTimeCompare([]byte(token), []byte(message.Token)) == 0:
		wrong = "Invalid token"
	}
	if wrong != "" {
		if refusal != "" {
			wrong = refusal
		}
		_ = socket.Close(websocket.StatusPolicyViolation, wrong)
		return false
	}
	return write(ctx, socket, object{"type": "auth_success"}) == nil
}

func write(ctx context.Context, socket *websocket.Conn, message object) error {
	raw, err := json.Marshal(message)
	if err != nil {
		return err
	}
	return socket.Write(ctx, websocket.MessageText, raw)
}
