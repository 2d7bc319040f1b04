package channel

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
)

// FuzzFrame: no frame of a server panics a session.
func FuzzFrame(f *testing.F) {
	f.Add(
		`{"type":"work_pool.snapshot.v1","sent_at":"2026-01-01T00:00:00Z","payload":{"snapshot_sequence":2,"work_pool":{"name":"p"}}}`)
	f.Add(
		`{"type":"cleanup.message.v1","sent_at":"2026-01-01T00:00:00Z","payload":{"message_id":"m","kind":"cancelling_timeout_teardown.v1","reservation_token":"t","lease_expires_at":"2026-01-01T00:00:01Z","target":{"flow_run_id":"f"}}}`)
	f.Add(`{"type":"cleanup.operation_result.v1","payload":{"request_frame_id":"x","status":"accepted"}}`)
	f.Add(`{"type":"worker.ready.v1","payload":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		var got received
		if json.Unmarshal([]byte(text), &got) != nil {
			return
		}
		// Cleanup messages begin work beside; here what is read of them is enough.
		s := &session{channel: New(Options{Logger: slog.New(slog.DiscardHandler)}), sequence: 1 << 30}
		if got.Type != cleanupType {
			s.ready.Accepted = []string{cleanupCapability}
			_ = s.take(context.Background(), got)
			return
		}
		var m Message
		if got.read(&m) == nil && m.check() == nil && (m.ID == "" || m.LeaseExpires.IsZero()) {
			t.Errorf("an incomplete message passes: %+v", m)
		}
		var r ready
		if got.read(&r) == nil {
			_ = r.check(hello{})
		}
	})
}
