package events

import "github.com/aws/aws-sdk-go-v2/aws"

// Tags are those of a rule, by its name; none of one that is not there.
func (s *Service) Tags(rule string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.rules[rule]
	if !ok {
		return nil
	}
	out := map[string]string{}
	for _, t := range r.tags {
		out[*t.Key] = aws.ToString(t.Value)
	}
	return out
}
