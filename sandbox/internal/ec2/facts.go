package ec2

// Facts are what a policy may ask about a resource.
type Facts struct {
	VPC   string // id of the VPC that it lies in
	Owner string // the account whose it is; "" is the caller's
	Tags  map[string]string
}

// Facts finds a resource by its id; nothing is known of one that is not there.
func (s *Service) Facts(id string) Facts {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := Facts{Tags: map[string]string{}}
	for _, r := range s.all() {
		if r.id() != id {
			continue
		}
		for _, t := range *r.tags() {
			f.Tags[t.Key] = t.Value
		}
		switch r := r.(type) {
		case *vpc:
			f.Owner = r.OwnerID
		case *subnet:
			f.VPC, f.Owner = r.VpcID, r.OwnerID
		case *securityGroup:
			f.VPC = r.VpcID
		case *routeTable:
			f.VPC = r.VpcID
		}
	}
	return f
}

// GroupNamed is the id of the default VPC's security group of a name.
func (s *Service) GroupNamed(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.vpcs {
		for _, g := range s.groups {
			if v.IsDefault && g.VpcID == v.VpcID && g.GroupName == name {
				return g.GroupID
			}
		}
	}
	return ""
}
