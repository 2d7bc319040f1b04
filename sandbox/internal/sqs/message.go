package sqs

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"ecsctl/sandbox/internal/wire"
)

type message struct {
	id, body string
	sender   string
	sent     time.Time
	visible  time.Time // when it can be received; later while it is delayed or in flight
	first    time.Time // received
	receives int
}

// put adds a message and wakes those who wait for one.
func (q *queue) put(body, sender string, delay time.Duration) *message {
	now := q.clock.Now()
	m := &message{id: newID(), body: body, sender: sender, sent: now, visible: now.Add(delay)}
	q.messages = append(q.messages, m)
	q.wake()
	return m
}

// wake lets everyone who waits look at the queue again.
func (q *queue) wake() {
	close(q.arrived)
	q.arrived = make(chan struct{})
}

// expire forgets the messages that were kept long enough.
func (q *queue) expire(now time.Time) {
	limit := q.seconds("MessageRetentionPeriod")
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool { return now.Sub(m.sent) > limit })
}

func (q *queue) count(now time.Time) (visible, inFlight, delayed int) {
	q.expire(now)
	for _, m := range q.messages {
		switch {
		case !m.visible.After(now):
			visible++
		case m.receives > 0:
			inFlight++
		default:
			delayed++
		}
	}
	return visible, inFlight, delayed
}

// nextVisible is when the next message can be received; zero when there is none.
func (q *queue) nextVisible() time.Time {
	var next time.Time
	for _, m := range q.messages {
		if next.IsZero() || m.visible.Before(next) {
			next = m.visible
		}
	}
	return next
}

func (q *queue) message(id string) *message {
	for _, m := range q.messages {
		if m.id == id {
			return m
		}
	}
	return nil
}

func (q *queue) remove(id string) {
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool { return m.id == id })
}

// receipt is new with each delivery; each of a message's receipts can delete it.
func (m *message) receipt() string {
	return base64.StdEncoding.EncodeToString([]byte(m.id + " " + rand.Text()))
}

func parseReceipt(handle string) (id string, err error) {
	raw, err := base64.StdEncoding.DecodeString(handle)
	id, _, ok := strings.Cut(string(raw), " ")
	if err != nil || !ok {
		return "", wire.Errorf("ReceiptHandleIsInvalid", "The input receipt handle %q is not a valid receipt handle.",
			handle)
	}
	return id, nil
}

func md5Of(body string) *string {
	sum := md5.Sum([]byte(body))
	text := hex.EncodeToString(sum[:])
	return &text
}

// newID is a UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	h := hex.EncodeToString(b[:])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}
