package prefectapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"ecsctl/sandbox/prefectapi"
)

// The contract of the worker channel: what is sent, and what comes back, recorded from
// prefect 3.8.8. A real server (ECSCTL_CONTRACT_CHANNEL_API_URL) needs these for
// PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_CANCELLING_TIMEOUT_SECONDS and
// PREFECT_SERVER_WORKER_CHANNEL_CLEANUP_LEASE_SECONDS.
const channelTimeout, channelLease = 2 * time.Second, 3 * time.Second

func TestChannelContract(t *testing.T) {
	t.Parallel()
	api := prefectapi.New(prefectapi.WithCancellingTimeout(channelTimeout), prefectapi.WithCleanupLease(channelLease))
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	t.Cleanup(api.CloseChannels)
	compare(t, channelFile, talkAll(t, server.URL))
}

// A call that asks for a websocket has not shown its credentials yet: it reaches nothing else.
func TestAnUpgradeIsNoWayAroundCredentials(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(prefectapi.New(prefectapi.WithAuthString("me:secret")))
	t.Cleanup(server.Close)
	for path, want := range map[string]int{
		"/api/admin/version": http.StatusNotImplemented, "/api/logs/out": http.StatusNotImplemented,
	} {
		_, response, err := websocket.Dial(t.Context(), server.URL+path, nil)
		if err == nil || response == nil || response.StatusCode != want {
			t.Errorf("%s: got %v, %v, want status %d", path, response, err, want)
		}
	}
}

func TestChannelContractOfRealServer(t *testing.T) {
	t.Parallel()
	server := os.Getenv("ECSCTL_CONTRACT_CHANNEL_API_URL")
	if server == "" {
		t.Skip("ECSCTL_CONTRACT_CHANNEL_API_URL is not set")
	}
	transcript := talkAll(t, server)
	if *update {
		if err := os.WriteFile(channelFile, []byte(transcript), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	compare(t, channelFile, transcript)
}

var channelFile = filepath.Join("testdata", "contract-channel.txt")

const aHello = `{"type":"worker.hello.v1","id":"{frame}","sent_at":"2026-01-01T00:00:00Z","payload":{"consumer_id":"{consumer}","worker_name":"w 1","worker_type":"ecs",` +
	`"heartbeat_interval_seconds":30,"supported_channel_versions":["work_pool_worker_channel.v1"],"requested_capabilities":["worker_heartbeat.v1","work_pool_snapshot.v1"]`

const (
	plainHello   = aHello + `}}`
	cleanupHello = `{"type":"worker.hello.v1","id":"{frame}","sent_at":"2026-01-01T00:00:00Z","payload":{"consumer_id":"{consumer}","worker_name":"w 1","worker_type":"ecs",` +
		`"heartbeat_interval_seconds":30,"supported_channel_versions":["work_pool_worker_channel.v1","v9"],"requested_capabilities":["worker_heartbeat.v1","work_pool_snapshot.v1","cleanup_delivery.v1","x.v1","x.v1"],` +
		`"work_queue_names":["default","default"],"handled_cleanup_kinds":["cancelling_timeout_teardown.v1"],"max_cleanup_concurrency":1,"worker_metadata":null}}`
	auth    = `{"type":"auth","token":null}`
	receive = "" // a line that waits for a message, or the end
)

// talk is one connection: lines that are sent, and empty ones that wait.
type talk struct {
	name  string
	path  string // default: that of the pool
	bare  bool   // without the subprotocol
	calls []step // of the REST API, made before
	lines []string
	// between makes calls after so many lines.
	between map[int][]step
}

var channelTalks = []talk{
	{name: "no subprotocol", bare: true},
	{name: "another first message", lines: []string{`{"type":"hello"}`, receive}},
	{name: "no pool", path: "/work_pools/{pool}-none/workers/connect",
		lines: []string{auth, receive, plainHello, receive}},
	{name: "pool", calls: []step{{method: post, path: "/work_pools/", body: `{"name":"{pool}","type":"ecs"}`,
		save: "poolID"}}, lines: []string{auth, receive, plainHello, receive}},
	{name: "not JSON", lines: []string{auth, receive, `{`, receive}},
	{name: "not a hello", lines: []string{auth, receive,
		`{"type":"worker.heartbeat.v1","id":"{frame}","sent_at":"2026-01-01T00:00:00Z","payload":{"consumer_id":"{consumer}","worker_name":"w 1","heartbeat_interval_seconds":30}}`, receive}},
	{name: "an unknown field", lines: []string{auth, receive, aHello + `,"colour":"red"}}`, receive}},
	{name: "no interval", lines: []string{auth, receive, strings.Replace(plainHello, `"heartbeat_interval_seconds":30`,
		`"heartbeat_interval_seconds":0`, 1), receive}},
	{name: "kinds without the capability", lines: []string{auth, receive,
		aHello + `,"handled_cleanup_kinds":["cancelling_timeout_teardown.v1"]}}`, receive}},
	{name: "an unknown kind", lines: []string{auth, receive, strings.Replace(cleanupHello, `"handled_cleanup_kinds":["`,
		`"handled_cleanup_kinds":["x","`, 1), receive}},
	{name: "another version",
		lines: []string{auth, receive, strings.Replace(plainHello, "work_pool_worker_channel.v1", "v2", 1), receive}},
	{name: "no queue", lines: []string{auth, receive, aHello + `,"work_queue_names":["none"]}}`, receive}},
	{name: "heartbeats and snapshots", lines: []string{
		auth, receive, cleanupHello, receive, // then the pool is paused
		receive, // then it gets a template
		receive, // then a description, of which nobody is told
		`{"type":"worker.heartbeat.v1","id":"{frame}","sent_at":"2026-01-01T00:00:00Z","payload":{"consumer_id":"{consumer}","worker_name":"w 1","heartbeat_interval_seconds":20}}`,
		receive,
		`{"type":"worker.heartbeat.v1","id":"{frame}","sent_at":"2026-01-01T00:00:00Z","payload":{"consumer_id":"{consumer}","worker_name":"w 2","heartbeat_interval_seconds":20}}`,
		receive,
	}, between: map[int][]step{
		4: {{method: patch, path: "/work_pools/{pool}", body: `{"is_paused":true}`}},
		5: {{method: patch, path: "/work_pools/{pool}",
			body: `{"base_job_template":{"job_configuration":{"a":1},"variables":{"properties":{}}},"is_paused":false,"concurrency_limit":3}`}},
		6: {{method: patch, path: "/work_pools/{pool}", body: `{"description":"ours"}`}},
	}},
	{name: "the workers", calls: []step{{method: post, path: "/work_pools/{pool}/workers/filter", body: `{}`}},
		bare: true},
	{name: "answers nobody waits for", lines: []string{
		auth, receive, cleanupHello, receive,
		`{"type":"cleanup.ack.v1","id":"{frame}","sent_at":"2026-01-01T00:00:00Z","payload":{"message_id":"{missing}","reservation_token":"x"}}`, receive,
		`{"type":"cleanup.renew.v1","id":"{frame}","sent_at":"2026-01-01T00:00:00Z","payload":{"message_id":"{missing}","reservation_token":"x"}}`, receive,
		`{"type":"cleanup.release.v1","id":"{frame}","sent_at":"2026-01-01T00:00:00Z","payload":{"message_id":"{missing}","reservation_token":"x"}}`, receive,
	}},
	{name: "answers without cleanups", lines: []string{
		auth, receive, plainHello, receive,
		`{"type":"cleanup.ack.v1","id":"{frame}","sent_at":"2026-01-01T00:00:00Z","payload":{"message_id":"{missing}","reservation_token":"x"}}`, receive,
	}},
	{name: "a pool that the worker makes", path: "/work_pools/{pool}-made/workers/connect", lines: []string{
		auth, receive,
		aHello +
			`,"create_pool_if_not_found":true,"default_base_job_template":{"job_configuration":{"a":1},"variables":{"properties":{}}}}}`, receive,
	}},
	{name: "a template without variables", path: "/work_pools/{pool}-bad/workers/connect", lines: []string{
		auth, receive,
		aHello +
			`,"create_pool_if_not_found":true,"default_base_job_template":{"job_configuration":{"a":1},"variables":{}}}}`, receive,
	}},
	{name: "a reserved pool", path: "/work_pools/prefect-x/workers/connect",
		lines: []string{auth, receive, aHello + `,"create_pool_if_not_found":true}}`, receive}},
	{name: "a run that is Cancelling for too long", calls: []step{
		{method: post, path: "/flows/", body: `{"name":"{pool}"}`, save: "flow"},
		{method: post, path: "/deployments/", body: `{"name":"{pool}","flow_id":"{flow}","work_pool_name":"{pool}"}`,
			save: "deployment"},
		{method: post, path: "/deployments/{deployment}/create_flow_run", body: `{"name":"r"}`, save: "run"},
		{method: patch, path: "/flow_runs/{run}", body: `{"infrastructure_pid":"cluster::task"}`, brief: true},
		{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"PENDING"}}`, brief: true},
		{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"RUNNING"}}`, brief: true},
		{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"CANCELLING"}}`, brief: true},
	}, lines: []string{
		auth, receive, cleanupHello, receive,
		receive, // the message
		`{"type":"cleanup.renew.v1","id":"{frame}","sent_at":"2026-01-01T00:00:00Z","payload":{"message_id":"{message}","reservation_token":"{token}"}}`, receive,
		`{"type":"cleanup.ack.v1","id":"{frame}","sent_at":"2026-01-01T00:00:00Z","payload":{"message_id":"{message}","reservation_token":"other"}}`, receive,
		`{"type":"cleanup.release.v1","id":"{frame}","sent_at":"2026-01-01T00:00:00Z","payload":{"message_id":"{message}","reservation_token":"{token}","reason":"because"}}`, receive,
		receive, // the message again
		receive, // and again, when its lease is over
		`{"type":"cleanup.ack.v1","id":"{frame}","sent_at":"2026-01-01T00:00:00Z","payload":{"message_id":"{message}","reservation_token":"{token}"}}`, receive,
		`{"type":"cleanup.ack.v1","id":"{frame}","sent_at":"2026-01-01T00:00:00Z","payload":{"message_id":"{message}","reservation_token":"{token}"}}`, receive,
	}, between: map[int][]step{13: {{method: get, path: "/flow_runs/{run}"}}}},
	{name: "a pool that is deleted", lines: []string{auth, receive, plainHello, receive, receive},
		between: map[int][]step{
			4: {
				{method: del, path: "/deployments/{deployment}"}, {method: del, path: "/flow_runs/{run}"},
				{method: del, path: "/flows/{flow}"},
				{method: del, path: "/work_pools/{pool}-made"}, {method: del, path: "/work_pools/{pool}"},
			},
		}},
}

// talkAll has all talks and writes down what comes back.
func talkAll(t *testing.T, server string) string {
	t.Helper()
	names := map[string]string{
		"pool": fmt.Sprintf("zz-channel-%d", os.Getpid()), "missing": "00000000-0000-4000-8000-000000000000",
		"frame": "00000000-0000-4000-8000-000000000001", "consumer": "00000000-0000-4000-8000-000000000002",
	}
	var out strings.Builder
	for _, one := range channelTalks {
		fmt.Fprintf(&out, "# %s\n", one.name)
		transcribe(t, server, one.calls, names, &out)
		one.have(t, server, names, &out)
	}
	return out.String()
}

func transcribe(t *testing.T, server string, steps []step, names map[string]string, out *strings.Builder) {
	t.Helper()
	for _, s := range steps {
		status, body := call(t, server, s.method, fill(s.path, names), []byte(fill(s.body, names)))
		if s.save != "" {
			names[s.save] = readMade(body).ID
		}
		fmt.Fprintf(out, "%s %s %s\n%d\n", s.method, s.path, s.body, status)
		if !s.brief && s.save == "" {
			out.WriteString(normalise(t, body, names) + "\n")
		}
		out.WriteString("\n")
	}
}

func (one talk) have(t *testing.T, server string, names map[string]string, out *strings.Builder) {
	t.Helper()
	path := one.path
	if path == "" {
		path = "/work_pools/{pool}/workers/connect"
	}
	options := &websocket.DialOptions{Subprotocols: []string{"prefect"}}
	if one.bare {
		options.Subprotocols = nil
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	socket, response, err := websocket.Dial(ctx, server+fill(path, names), options)
	if err != nil {
		if response == nil {
			t.Fatal(err)
		}
		fmt.Fprintf(out, "refused with %d\n\n", response.StatusCode)
		return
	}
	defer func() { _ = socket.CloseNow() }()
	socket.SetReadLimit(1 << 20)
	for i, line := range one.lines {
		transcribe(t, server, one.between[i], names, out)
		if line != receive {
			fmt.Fprintf(out, "> %s\n", line)
			if err := socket.Write(ctx, websocket.MessageText, []byte(fill(line, names))); err != nil {
				t.Fatalf("%s: %v", one.name, err)
			}
			continue
		}
		_, raw, err := socket.Read(ctx)
		if err != nil {
			fmt.Fprintf(out, "closed: %d %s\n\n", websocket.CloseStatus(err), closeReason(err))
			return
		}
		out.WriteString("< " + normalise(t, remember(raw, names), names) + "\n\n")
	}
	_ = socket.Close(websocket.StatusNormalClosure, "")
}

func closeReason(err error) string {
	_, reason, _ := strings.Cut(err.Error(), `reason = "`)
	reason, _, _ = strings.Cut(reason, `"`)
	return reason
}

// remember keeps what later lines say, and puts a name for a token that is random.
func remember(raw []byte, names map[string]string) []byte {
	var m struct {
		Payload struct {
			Message string `json:"message_id"`
			Token   string `json:"reservation_token"`
		}
	}
	if json.Unmarshal(raw, &m) != nil || m.Payload.Token == "" {
		return raw
	}
	names["message"], names["token"] = m.Payload.Message, m.Payload.Token
	return []byte(strings.ReplaceAll(string(raw), m.Payload.Token, "<token>"))
}
