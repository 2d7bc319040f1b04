package sqs

import (
	"ecsctl/sandbox/internal/policy"
	"ecsctl/sandbox/internal/wire"
)

// policy is nil for a queue without one.
func (q *queue) policy() *policy.Document {
	text := q.attributes["Policy"]
	if text == "" {
		return nil
	}
	d, err := policy.Parse(text)
	if err != nil {
		return nil // was checked when it was set
	}
	return &d
}

// checkPolicy takes a policy only if the sandbox can go by all of it.
func checkPolicy(attribute, text string) error {
	d, err := policy.Parse(text)
	if err != nil {
		return invalidAttribute(attribute)
	}
	if what := d.Unsupported(); what != "" {
		return wire.NotImplemented(what + " in policies of queues")
	}
	return nil
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
	if !s.admits(q, service, sourceARN) {
		return wire.Errorf("AccessDenied", "Access to the resource %s is denied.", s.urlOf(q.name))
	}
	_, err := s.accept(q, body, nil)
	return err
}

func (s *Service) admits(q *queue, service, sourceARN string) bool {
	d := q.policy()
	if d == nil {
		return false
	}
	c := policy.Context{}
	c.Set("aws:SourceArn", sourceARN)
	c.Set("aws:SourceAccount", s.cfg.Account)
	c.Set("aws:PrincipalIsAWSService", "true")
	c.Set("aws:PrincipalServiceName", service)
	c.Set("aws:SecureTransport", "true")
	return d.Evaluate(policy.Request{
		Action: "sqs:SendMessage", Resource: q.arn, Context: c, Callers: []string{service},
	}) == policy.Allowed
}
