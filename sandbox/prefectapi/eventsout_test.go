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

// A listener hears of a run's states as they come, and of nothing that it did not ask for.
func TestFeedTellsOfTheStatesOfRuns(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(prefectapi.New())
	t.Cleanup(server.Close)
	heard := hear(t, listen(t, server.URL,
		`{"type":"filter","backfill":false,"filter":{"event":{"prefix":["prefect.flow-run."]},"occurred":{"until":"2999-01-01T00:00:00Z"}}}`))
	// until now
	past := hear(t, listen(t, server.URL,
		`{"type":"filter","backfill":false,"filter":{"event":{"prefix":["prefect.flow-run."]}}}`))
	flow := idOf(t, server.URL, "/api/flows/", `{"name":"flow"}`)
	run := idOf(t, server.URL, "/api/flow_runs/", `{"flow_id":"`+flow+
		`","name":"run","tags":["a"],"state":{"type":"SCHEDULED"}}`)
	idOf(t, server.URL, "/api/flow_runs/"+run+"/set_state", `{"state":{"type":"PENDING"}}`)
	for _, want := range []string{"Scheduled", "Pending"} {
		raw := <-heard
		var got struct {
			Type  string
			Event struct {
				Event    string
				Resource map[string]string
				Related  []map[string]string
			}
		}
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		e := got.Event
		if got.Type != "event" || e.Event != "prefect.flow-run."+want ||
			e.Resource["prefect.resource.id"] != "prefect.flow-run."+run || len(e.Related) != 2 {
			t.Errorf("got %s", raw)
		}
	}
	select {
	case raw := <-past:
		t.Errorf("who asks for the past hears %s", raw)
	default:
	}
}

func TestFeedWantsAFilter(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(prefectapi.New())
	t.Cleanup(server.Close)
	for _, message := range []string{`{"type":"events"}`,
		`{"type":"filter","filter":{"colour":"red"},"backfill":false}`} {
		socket := listen(t, server.URL, message)
		if _, raw, err := socket.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusProtocolError {
			t.Errorf("%s: got %s, %v", message, raw, err)
		}
	}
}

// hear gives what comes by a socket, and returns when the server has taken the filter: it
// answers a ping after that.
func hear(t *testing.T, socket *websocket.Conn) <-chan []byte {
	t.Helper()
	heard := make(chan []byte, 10)
	go func() {
		for {
			_, raw, err := socket.Read(t.Context())
			if err != nil {
				return
			}
			heard <- raw
		}
	}()
	if err := socket.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	return heard
}

// listen opens the feed, authenticates and sends a first message.
func listen(t *testing.T, url, message string) *websocket.Conn {
	t.Helper()
	socket, _, err := websocket.Dial(t.Context(), url+"/api/events/out",
		&websocket.DialOptions{Subprotocols: []string{"prefect"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.CloseNow() })
	if err := socket.Write(t.Context(), websocket.MessageText, []byte(`{"type":"auth","token":null}`)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := socket.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := socket.Write(t.Context(), websocket.MessageText, []byte(message)); err != nil {
		t.Fatal(err)
	}
	return socket
}

func idOf(t *testing.T, url, path, body string) string {
	t.Helper()
	_, raw := call(t, url, http.MethodPost, path, []byte(body))
	var answer struct{ ID string }
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatalf("POST %s: %s", path, raw)
	}
	return answer.ID
}

// Prefect's own client sends a whole filter, and wants what it has missed.
func TestFeedGivesWhatWasMissed(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(prefectapi.New())
	t.Cleanup(server.Close)
	flow := idOf(t, server.URL, "/api/flows/", `{"name":"flow"}`)
	run := idOf(t, server.URL, "/api/flow_runs/", `{"flow_id":"`+flow+`","state":{"type":"SCHEDULED"}}`)
	idOf(t, server.URL, "/api/flow_runs/"+run+"/set_state", `{"state":{"type":"PENDING"}}`)
	socket := listen(t, server.URL,
		`{"type":"filter","filter":{"occurred":{"since":"2020-01-01T00:00:00Z","until":"2999-01-01T00:00:00Z"},
		"event":{"prefix":["prefect.flow-run"],"exclude_prefix":null,"name":["prefect.flow-run.Pending"],"exclude_name":null},
		"resource":null,"related":null,"any_resource":{"id":["prefect.flow.`+flow+
			`"],"id_prefix":null,"labels":null},"id":{"id":[]},"text":null,"order":"DESC"}}`)
	_, raw, err := socket.Read(t.Context())
	if err != nil || !strings.Contains(string(raw), `"prefect.flow-run.Pending"`) ||
		!strings.Contains(string(raw), run) {
		t.Errorf("got %s, %v", raw, err)
	}
}
