package prefectapi

import (
	"slices"
	"strings"
)

// takeOperation does what a worker says of a cleanup message, and answers.
func (c *channel) takeOperation(head frameHead) error {
	var op struct {
		Message string `json:"message_id"`
		Token   string `json:"reservation_token"`
		Reason  string `json:"reason"`
	}
	if err := head.read(&op); err != nil {
		return err
	}
	if op.Token == "" || head.Type == releaseFrame && op.Reason == "" {
		return &breach{protocolError}
	}
	name := strings.Split(head.Type, ".")[1] // ack, release or renew
	answer := object{
		"request_frame_id": head.ID, "message_id": op.Message, "operation": name,
		"status": "accepted", "lease_expires_at": nil, "reason": nil, "detail": nil,
	}
	m, status, reason := c.reserved(op.Message, op.Token)
	if status == "" && name == "release" && !c.api.giveBack(m) {
		status, reason = "dead_lettered", "max_delivery_attempts_reached"
	}
	switch {
	case status != "":
		answer["status"], answer["reason"] = status, reason
	case name == "ack":
		m.token, m.holder = "", nil
		c.api.drop(m)
	case name == "renew":
		c.api.lease(m)
		answer["lease_expires_at"] = moment{m.expires}
	}
	c.push("cleanup.operation_result.v1", answer)
	c.api.dispatch(c.pool)
	return nil
}

// reserved finds the message of a reservation, or says what is wrong with it.
func (c *channel) reserved(id, token string) (m *cleanup, status, reason string) {
	if len(c.kinds) == 0 {
		return nil, "unauthorized", "cleanup_delivery_not_accepted"
	}
	i := slices.IndexFunc(c.api.cleanups, func(m *cleanup) bool { return m.ID == id })
	if i < 0 {
		return nil, "not_found", "message_not_found"
	}
	m = c.api.cleanups[i]
	switch {
	case m.pool != c.pool:
		return nil, "unauthorized", "work_pool_mismatch"
	case m.token == "":
		return nil, "not_current", "no_active_reservation"
	case m.token != token:
		return nil, "invalid_token", "reservation_token_mismatch"
	}
	return m, "", ""
}
