package s3

import (
	"encoding/json"
	"maps"
	"net/http"

	"ecsctl/sandbox/internal/policy"
	"ecsctl/sandbox/internal/wire"
)

// Tags are those of a bucket; nothing of one that is not there.
func (s *Service) Tags(name string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.buckets[name]; b != nil {
		return maps.Clone(b.tags)
	}
	return nil
}

// Policy is that of a bucket; nil when it has none.
func (s *Service) Policy(name string) *policy.Document {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[name]
	if b == nil || b.settings["policy"] == nil {
		return nil
	}
	document, err := policy.Parse(string(b.settings["policy"]))
	if err != nil {
		return nil // it was checked when it was put
	}
	return &document
}

func (s *Service) getPolicy(c call) (wire.Answer, error) {
	return s.getSetting(c, "policy", "NoSuchBucketPolicy", "The bucket policy does not exist")
}

func (s *Service) putPolicy(c call) (wire.Answer, error) {
	b, err := s.find(c)
	if err != nil {
		return wire.Answer{}, err
	}
	if _, err := policy.Parse(string(c.Body)); err != nil || !json.Valid(c.Body) {
		return wire.Answer{}, wire.Errorf("MalformedPolicy", "This policy contains invalid Json")
	}
	b.settings["policy"] = append([]byte{}, c.Body...)
	return empty(http.StatusNoContent), nil
}
