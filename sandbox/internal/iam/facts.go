package iam

// Entity is what a policy may ask about a role, a user or a managed policy.
type Entity struct {
	ARN      string
	Boundary string // ARN
	Tags     map[string]string
}

// Role finds what is known of a role; one that is not there has the ARN that it would
// have without a path.
func (s *Service) Role(name string) Entity {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.roles[name]; ok {
		return r.entity()
	}
	return Entity{ARN: s.arn("role", "/", name)}
}

// Profile is Role for instance profiles.
func (s *Service) Profile(name string) Entity {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.profiles[name]; ok {
		return p.entity()
	}
	return Entity{ARN: s.arn("instance-profile", "/", name)}
}

// User is Role for users.
func (s *Service) User(name string) Entity {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u, ok := s.users[name]; ok {
		return u.entity()
	}
	return Entity{ARN: s.arn("user", "/", name)}
}

// ARN is how a "role", "user" or "policy" is called that is to be made.
func (s *Service) ARN(kind, path, name string) string {
	if path == "" {
		path = "/"
	}
	return s.arn(kind, path, name)
}

func (i *identity) entity() Entity {
	e := Entity{ARN: i.arn, Boundary: i.boundary, Tags: map[string]string{}}
	for _, t := range i.tags {
		e.Tags[t.Key] = t.Value
	}
	return e
}

// MaxSession is for how many seconds a role may be assumed; 0 without the role.
func (s *Service) MaxSession(roleARN string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.roleByARN(roleARN); r != nil {
		return r.maxSession
	}
	return 0
}
