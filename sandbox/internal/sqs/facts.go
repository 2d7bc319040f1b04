package sqs

import (
	"maps"

	"ecsctl/sandbox/internal/policy"
)

// Facts are the tags and the policy of a queue, by name; nothing of one that is not there.
func (s *Service) Facts(name string) (map[string]string, *policy.Document) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, ok := s.queues[name]
	if !ok {
		return nil, nil
	}
	return maps.Clone(q.tags), q.policy()
}
