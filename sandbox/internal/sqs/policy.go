package sqs

import (
	"encoding/json"
	"path"
	"slices"
	"strings"

	"ecsctl/sandbox/internal/wire"
)

// policy is as much of a queue's policy as decides whether a service may send.
type policy struct {
	Statement statements
}

type statements []statement

// UnmarshalJSON reads a statement or a list of them.
func (s *statements) UnmarshalJSON(data []byte) error {
	if strings.HasPrefix(string(data), "[") {
		return json.Unmarshal(data, (*[]statement)(s))
	}
	*s = make(statements, 1)
	return json.Unmarshal(data, &(*s)[0])
}

type statement struct {
	Effect    string
	Principal any
	Action    any
	Resource  any
	Condition map[string]map[string]any
}

func parsePolicy(doc string) (*policy, error) {
	p := &policy{}
	if err := json.Unmarshal([]byte(doc), p); err != nil {
		return nil, err
	}
	return p, nil
}

// Deliver puts an event into a queue, as the rule of another service does: only if the
// queue's policy lets it.
func (s *Service) Deliver(queueARN, service, sourceARN, body string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.byARN(queueARN)
	if q == nil {
		return wire.Errorf("QueueDoesNotExist", "The specified queue does not exist.")
	}
	if !q.admits(service, sourceARN) {
		return wire.Errorf("AccessDenied", "Access to the resource %s is denied.", s.urlOf(q.name))
	}
	_, err := s.accept(q, body, nil)
	return err
}

func (q *queue) admits(service, sourceARN string) bool {
	p, err := parsePolicy(q.attributes["Policy"])
	if err != nil {
		return false
	}
	allowed := false
	for _, st := range p.Statement {
		if !st.appliesTo(q.arn, service, sourceARN) {
			continue
		}
		if st.Effect == "Deny" {
			return false
		}
		allowed = true
	}
	return allowed
}

func (st statement) appliesTo(queueARN, service, sourceARN string) bool {
	return st.names(service) && matchesAny(texts(st.Action), "sqs:SendMessage") &&
		matchesAny(texts(st.Resource), queueARN) && st.holds(sourceARN)
}

func (st statement) names(service string) bool {
	if st.Principal == "*" {
		return true
	}
	kinds, _ := st.Principal.(map[string]any)
	return slices.Contains(texts(kinds["Service"]), service) || slices.Contains(texts(kinds["AWS"]), "*")
}

// holds knows the one condition key that rules are admitted by; any other does not hold.
func (st statement) holds(sourceARN string) bool {
	for operator, keys := range st.Condition {
		for key, value := range keys {
			known := slices.Contains([]string{"ArnEquals", "ArnLike", "StringEquals", "StringLike"}, operator)
			if !known || !strings.EqualFold(key, "aws:SourceArn") || !matchesAny(texts(value), sourceARN) {
				return false
			}
		}
	}
	return true
}

// texts reads the policy language's "a value or a list of values".
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, item := range v {
			out = append(out, texts(item)...)
		}
		return out
	default:
		return nil
	}
}

// matchesAny knows the wildcards of policies, which cross every separator.
func matchesAny(patterns []string, text string) bool {
	flat := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, "/", "\x00")) }
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(flat(pattern), flat(text))
		return err == nil && ok
	})
}
