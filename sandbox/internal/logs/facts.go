package logs

import "maps"

// Tags are those of a log group; none of one that is not there.
func (s *Service) Tags(groupName string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.groups[groupName]; g != nil {
		return maps.Clone(g.tags)
	}
	return nil
}
