package prefect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Event is something that happened, for the event feed and for automations. Servers of
// Prefect 3 and Cloud keep events.
type Event struct {
	// ID is a UUID. The server keeps the first event of an id, so that an event may be
	// sent twice.
	ID       string            `json:"id"`
	Occurred time.Time         `json:"occurred"`
	Event    string            `json:"event"`    // its name
	Resource map[string]string `json:"resource"` // has prefect.resource.id
	// Related resources have prefect.resource.id and prefect.resource.role.
	Related []map[string]string `json:"related"`
	// Follows is the id of the event before it, which the server waits for; or empty.
	Follows string `json:"follows,omitempty"`
}

// ErrNoEvents says that the server has no event feed.
var ErrNoEvents = errors.New("the server keeps no events")

// CreateEvents stores events, or returns ErrNoEvents. Splitting large batches is up to
// the caller.
func (c *Client) CreateEvents(ctx context.Context, events []Event) error {
	if len(events) == 0 {
		return nil
	}
	err := c.do(ctx, query(events, "events"), nil)
	var answer *APIError
	if errors.As(err, &answer) &&
		(answer.Status == http.StatusNotFound || answer.Status == http.StatusMethodNotAllowed) {
		return fmt.Errorf("%w: %w", ErrNoEvents, err)
	}
	if err != nil {
		return fmt.Errorf("failed to store %d events: %w", len(events), err)
	}
	return nil
}
