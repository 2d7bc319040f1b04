package secrets

import "github.com/aws/aws-sdk-go-v2/aws"

// Facts finds a secret by any of its names: its ARN and tags.
func (s *Service) Facts(id string) (arn string, tags map[string]string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sec, err := s.find(&id)
	if err != nil {
		return "", nil, false
	}
	tags = map[string]string{}
	for _, t := range sec.tags {
		tags[*t.Key] = aws.ToString(t.Value)
	}
	return sec.arn, tags, true
}

// Key is the customer's KMS key that a secret is encrypted with, "" for AWS's own.
func (s *Service) Key(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	sec, err := s.find(&id)
	if err != nil {
		return ""
	}
	return aws.ToString(sec.kmsKeyID)
}
