package events

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

// Event is what a service of AWS has to tell.
type Event struct {
	Source     string   // "aws.ecs"
	DetailType string   // "ECS Task State Change"
	Resources  []string // ARNs
	Detail     any      // encodes as a JSON object
}

// envelope is an event as its targets get it.
type envelope struct {
	Version    string   `json:"version"`
	ID         string   `json:"id"`
	DetailType string   `json:"detail-type"`
	Source     string   `json:"source"`
	Account    string   `json:"account"`
	Time       string   `json:"time"`
	Region     string   `json:"region"`
	Resources  []string `json:"resources"`
	Detail     any      `json:"detail"`
}

// Publish brings an event to the targets of every rule that matches. What a target
// does not take is lost, as it is after EventBridge's last try.
func (s *Service) Publish(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.rules) == 0 {
		return
	}
	body, err := json.Marshal(envelope{
		Version: "0", ID: newID(), DetailType: e.DetailType, Source: e.Source, Account: s.account,
		Time: time.Now().UTC().Format(time.RFC3339), Region: s.region, Resources: e.Resources, Detail: e.Detail,
	})
	if err != nil {
		panic(fmt.Sprintf("sandbox: event does not encode: %v", err))
	}
	var plain map[string]any
	if err := json.Unmarshal(body, &plain); err != nil {
		panic(fmt.Sprintf("sandbox: event does not decode: %v", err))
	}
	for _, r := range s.rules {
		if r.state == types.RuleStateDisabled || !r.pattern.matches(plain) {
			continue
		}
		for _, t := range r.targets {
			_ = s.queues.Deliver(*t.Arn, "events.amazonaws.com", r.arn, string(body))
		}
	}
}

// newID is a UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	h := hex.EncodeToString(b[:])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}
