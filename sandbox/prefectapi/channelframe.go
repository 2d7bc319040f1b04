package prefectapi

import (
	"encoding/json"
	"slices"
)

const channelVersion = "work_pool_worker_channel.v1"

const (
	heartbeatCapability = "worker_heartbeat.v1"
	snapshotCapability  = "work_pool_snapshot.v1"
	cleanupCapability   = "cleanup_delivery.v1"
)

const (
	cancellingTimeout = "cancelling_timeout_teardown.v1"
	pendingClaim      = "pending_claim_teardown.v1"
)

// The frames that a worker sends.
const (
	helloFrame     = "worker.hello.v1"
	heartbeatFrame = "worker.heartbeat.v1"
	ackFrame       = "cleanup.ack.v1"
	releaseFrame   = "cleanup.release.v1"
	renewFrame     = "cleanup.renew.v1"
)

var frameSchema = schema{
	fields:   map[string]kind{"type": text1, "id": uuid1, "sent_at": instant, "payload": dict},
	required: []string{"type", "id", "sent_at", "payload"},
}

// payloads are what a worker may send.
var payloads = map[string]schema{
	helloFrame: {
		fields: map[string]kind{
			"consumer_id": uuid1, "worker_name": text1, "worker_type": text1, "heartbeat_interval_seconds": whole,
			"supported_channel_versions": list, "requested_capabilities": list, "work_queue_names": list,
			"handled_cleanup_kinds": list, "max_cleanup_concurrency": whole, "create_pool_if_not_found": flag,
			"default_base_job_template": dict, "worker_metadata": dict,
		},
		required: []string{"consumer_id", "worker_name", "worker_type", "heartbeat_interval_seconds",
			"supported_channel_versions", "requested_capabilities"},
	},
	heartbeatFrame: {
		fields:   map[string]kind{"consumer_id": uuid1, "worker_name": text1, "heartbeat_interval_seconds": whole},
		required: []string{"consumer_id", "worker_name", "heartbeat_interval_seconds"},
	},
	ackFrame:   operationSchema(),
	renewFrame: operationSchema(),
	releaseFrame: {
		fields:   map[string]kind{"message_id": uuid1, "reservation_token": text1, "reason": text1},
		required: []string{"message_id", "reservation_token", "reason"},
	},
}

func operationSchema() schema {
	return schema{fields: map[string]kind{"message_id": uuid1, "reservation_token": text1},
		required: []string{"message_id", "reservation_token"}}
}

type frameHead struct {
	Type    string          `json:"type"`
	ID      string          `json:"id"`
	Payload json.RawMessage `json:"payload"`
}

// readFrame reads a frame of a type that may come now; out gets its payload.
func readFrame(raw []byte, wanted string, out any) (frameHead, error) {
	head, err := readHead(raw)
	if err == nil && head.Type != wanted {
		err = &breach{protocolError}
	}
	if err == nil {
		err = head.read(out)
	}
	return head, err
}

func readHead(raw []byte) (frameHead, error) {
	var head frameHead
	b := body{raw: raw}
	if json.Unmarshal(raw, &b.fields) != nil || b.read(frameSchema, &head) != nil {
		return head, &breach{protocolError}
	}
	return head, nil
}

func (f frameHead) read(out any) error {
	s, known := payloads[f.Type]
	b := body{raw: f.Payload}
	if !known || json.Unmarshal(f.Payload, &b.fields) != nil || b.read(s, out) != nil {
		return &breach{protocolError}
	}
	return nil
}

type helloPayload struct {
	Consumer     string          `json:"consumer_id"`
	Name         string          `json:"worker_name"`
	Type         string          `json:"worker_type"`
	Interval     count           `json:"heartbeat_interval_seconds"`
	Versions     []string        `json:"supported_channel_versions"`
	Capabilities []string        `json:"requested_capabilities"`
	WorkQueues   []string        `json:"work_queue_names"`
	Kinds        []string        `json:"handled_cleanup_kinds"`
	MostCleanups *count          `json:"max_cleanup_concurrency"`
	CreatePool   bool            `json:"create_pool_if_not_found"`
	Template     json.RawMessage `json:"default_base_job_template"`
}

// fits checks what a schema cannot say, and fills in a default.
func (h *helloPayload) fits() bool {
	cleans := slices.Contains(h.Capabilities, cleanupCapability)
	if h.MostCleanups == nil {
		h.MostCleanups = new(count)
		if cleans && len(h.Kinds) > 0 {
			*h.MostCleanups = 1
		}
	}
	switch {
	case h.Name == "", h.Type == "", h.Interval < 1, len(h.Versions) == 0,
		!slices.Contains(h.Capabilities, heartbeatCapability), !slices.Contains(h.Capabilities, snapshotCapability),
		!cleans && (len(h.Kinds) > 0 || *h.MostCleanups > 0):
		return false
	}
	return !slices.ContainsFunc(h.Kinds, func(k string) bool { return k != cancellingTimeout && k != pendingClaim })
}

func (h *helloPayload) wantsCleanups() bool {
	return slices.Contains(h.Capabilities, cleanupCapability) && len(h.Kinds) > 0 && *h.MostCleanups > 0
}

// without lists the capabilities that were asked for and not accepted.
func (h *helloPayload) without(accepted []string) []string {
	rejected := []string{}
	for _, name := range h.Capabilities {
		if !slices.Contains(accepted, name) && !slices.Contains(rejected, name) {
			rejected = append(rejected, name)
		}
	}
	return rejected
}
