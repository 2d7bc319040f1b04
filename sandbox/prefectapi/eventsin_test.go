package prefectapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"ecsctl/sandbox/prefectapi"
)

// Events that are sent one by one are found as those that are posted; one that is none
// ends the connection, and leaves those before it.
func TestEventsBySocket(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(prefectapi.New(prefectapi.WithAuthString("me:secret")))
	t.Cleanup(server.Close)
	socket, response, err := websocket.Dial(t.Context(), server.URL+"/api/events/in",
		&websocket.DialOptions{Subprotocols: []string{"prefect"}})
	if err != nil {
		t.Fatalf("%v: %v", response, err)
	}
	defer func() { _ = socket.CloseNow() }()
	for _, message := range []string{
		`{"type":"auth","token":"me:secret"}`,
		`{"id":"00000000-0000-4000-8000-000000000001","occurred":"2026-01-01T00:00:00Z","event":"test.begun","resource":{"prefect.resource.id":"test.1"}}`,
		`{"event":"test.wrong"}`,
	} {
		if err := socket.Write(t.Context(), websocket.MessageText, []byte(message)); err != nil {
			t.Fatal(err)
		}
	}
	for {
		_, raw, err := socket.Read(t.Context())
		if err == nil && strings.Contains(string(raw), "auth_success") {
			continue
		}
		if websocket.CloseStatus(err) != websocket.StatusInternalError {
			t.Errorf("got %s, %v", raw, err)
		}
		break
	}
	if got := eventNames(t, server.URL); len(got) != 1 || got[0] != "test.begun" {
		t.Errorf("the events are %v", got)
	}
}

func eventNames(t *testing.T, url string) (names []string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/events/filter",
		strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("me", "secret")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var page struct{ Events []struct{ Event string } }
	if err := json.NewDecoder(response.Body).Decode(&page); err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Events {
		names = append(names, e.Event)
	}
	return names
}
