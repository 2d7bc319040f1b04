package s3

import "maps"

// Tags are those of a bucket; nothing of one that is not there.
func (s *Service) Tags(name string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.buckets[name]; b != nil {
		return maps.Clone(b.tags)
	}
	return nil
}
