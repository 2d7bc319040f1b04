package channel

import (
	"encoding/json"
	"fmt"
	"time"

	"ecsctl/internal/uuid"
	"ecsctl/prefect"
)

const (
	subprotocol    = "prefect"
	channelVersion = "work_pool_worker_channel.v1"
)

// What a worker can ask for. The first two are not optional.
const (
	heartbeatCapability = "worker_heartbeat.v1"
	snapshotCapability  = "work_pool_snapshot.v1"
	cleanupCapability   = "cleanup_delivery.v1"
)

// The types of frames.
const (
	helloType     = "worker.hello.v1"
	readyType     = "worker.ready.v1"
	heartbeatType = "worker.heartbeat.v1"
	snapshotType  = "work_pool.snapshot.v1"
	cleanupType   = "cleanup.message.v1"
	ackType       = "cleanup.ack.v1"
	releaseType   = "cleanup.release.v1"
	renewType     = "cleanup.renew.v1"
	resultType    = "cleanup.operation_result.v1"
)

// frame is what all messages after the authentication look like.
type frame struct {
	Type    string    `json:"type"`
	ID      string    `json:"id"`
	SentAt  time.Time `json:"sent_at"`
	Payload any       `json:"payload"`
}

func newFrame(kind string, payload any) frame {
	return frame{Type: kind, ID: uuid.New(), SentAt: time.Now().UTC(), Payload: payload}
}

// received is a frame whose payload is not read yet.
type received struct {
	Type    string          `json:"type"`
	SentAt  time.Time       `json:"sent_at"`
	Payload json.RawMessage `json:"payload"`
}

func (r received) read(out any) error {
	if err := json.Unmarshal(r.Payload, out); err != nil {
		return violation("the server sent a malformed %s: %v", r.Type, err)
	}
	return nil
}

// authRequest is the first message; servers want it even where nobody has to authenticate.
type authRequest struct {
	Type  string  `json:"type"`
	Token *string `json:"token"`
}

type hello struct {
	ConsumerID        string   `json:"consumer_id"`
	WorkerName        string   `json:"worker_name"`
	WorkerType        string   `json:"worker_type"`
	HeartbeatInterval int      `json:"heartbeat_interval_seconds"`
	Versions          []string `json:"supported_channel_versions"`
	Capabilities      []string `json:"requested_capabilities"`
	WorkQueues        []string `json:"work_queue_names"`
	CleanupKinds      []Kind   `json:"handled_cleanup_kinds"`
	MaxCleanup        int      `json:"max_cleanup_concurrency"`
}

type ready struct {
	ConsumerID        string   `json:"consumer_id"`
	WorkerID          string   `json:"worker_id"` // Cloud alone tells it
	Version           string   `json:"selected_channel_version"`
	HeartbeatInterval int      `json:"effective_heartbeat_interval_seconds"`
	Accepted          []string `json:"accepted_capabilities"`
	MaxCleanup        int      `json:"effective_max_cleanup_concurrency"`
	Snapshot          snapshot `json:"initial_snapshot"`
}

type heartbeat struct {
	ConsumerID        string `json:"consumer_id"`
	WorkerName        string `json:"worker_name"`
	HeartbeatInterval int    `json:"heartbeat_interval_seconds"`
}

// snapshot is the pool as it is; the sequence counts within a connection.
type snapshot struct {
	Sequence int               `json:"snapshot_sequence"`
	Reason   string            `json:"reason"`
	WorkPool *prefect.WorkPool `json:"work_pool"`
}

func (s snapshot) check() error {
	if s.Sequence < 1 || s.WorkPool == nil || s.WorkPool.Name == "" {
		return violation("the server sent a snapshot without a work pool")
	}
	return nil
}

// Kind is what is to be cleaned up, and why.
type Kind string

const (
	// CancellingTimeout says that the run was Cancelling for too long, and the server has made it
	// Cancelled; its infrastructure is to be stopped.
	CancellingTimeout Kind = "cancelling_timeout_teardown.v1"
	// PendingClaim asks to tear down a claim. No self-hosted server sends it, and the
	// official worker does not ask for it.
	PendingClaim Kind = "pending_claim_teardown.v1"
)

// Message is a cleanup message that the server has reserved for this worker.
type Message struct {
	ID            string    `json:"message_id"`
	Kind          Kind      `json:"kind"`
	Token         string    `json:"reservation_token"`
	LeaseExpires  time.Time `json:"lease_expires_at"` // by the server's clock
	DeliveryCount int       `json:"delivery_count"`
	Target        Target    `json:"target"`
}

// Target is what a cleanup message is about.
type Target struct {
	FlowRunID         string `json:"flow_run_id"`
	InfrastructurePID string `json:"infrastructure_pid"` // empty: the server knows none
}

func (m Message) check() error {
	if m.ID == "" || m.Token == "" || m.Target.FlowRunID == "" || m.LeaseExpires.IsZero() {
		return violation("the server sent an incomplete cleanup message")
	}
	return nil
}

// operation is what a worker says of a message.
type operation struct {
	MessageID string `json:"message_id"`
	Token     string `json:"reservation_token"`
	Reason    string `json:"reason,omitempty"` // of a release
}

type result struct {
	RequestID    string    `json:"request_frame_id"`
	Status       string    `json:"status"`
	LeaseExpires time.Time `json:"lease_expires_at"`
	Reason       string    `json:"reason"`
}

// violation is a breach of the protocol, after which there is nothing more to say.
func violation(format string, args ...any) error {
	return &Error{Reason: protocolError, Final: true, cause: fmt.Errorf(format, args...)}
}
