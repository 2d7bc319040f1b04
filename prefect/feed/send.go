package feed

import (
	"context"
	"fmt"
	"net/http"

	"github.com/coder/websocket"

	"ecsctl/prefect"
)

// Send stores events by the websocket /events/in, one message for each, for servers that
// refuse POST /events. It returns when the server has read them. An error that is
// prefect.ErrNoEvents says that the server takes no events this way either.
func Send(ctx context.Context, api *prefect.Client, events []prefect.Event) error {
	ctx, cancel := context.WithTimeout(ctx, setupLimit)
	defer cancel()
	to := api.Dialing("events", "in")
	options := &websocket.DialOptions{HTTPClient: to.Client, HTTPHeader: to.Header}
	// Cloud authenticates by the header alone (prefect/events/clients.py, PrefectCloudEventsClient).
	if !api.IsCloud() {
		options.Subprotocols = []string{subprotocol}
	}
	socket, response, err := websocket.Dial(ctx, to.URL, options)
	if err != nil && response != nil && response.StatusCode < http.StatusInternalServerError &&
		response.StatusCode != http.StatusTooManyRequests {
		return fmt.Errorf("%w: %w", prefect.ErrNoEvents, err)
	}
	if err != nil {
		return err
	}
	defer func() { _ = socket.CloseNow() }()
	if !api.IsCloud() {
		if err := authenticate(ctx, socket, to.Token); err != nil {
			return err
		}
	}
	for _, e := range events {
		if err := send(ctx, socket, e); err != nil {
			return err
		}
	}
	// The server answers a ping after it has read what came before; CloseRead is what reads
	// the answer.
	if err := socket.Ping(socket.CloseRead(ctx)); err != nil {
		return err
	}
	return socket.Close(websocket.StatusNormalClosure, "")
}
