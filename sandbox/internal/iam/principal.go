package iam

import (
	"fmt"
	"strings"

	"ecsctl/sandbox/internal/policy"
)

// Principal is who makes a call.
type Principal struct {
	ARN   string // as the service's answers name it
	ID    string // as GetCallerIdentity has it
	Role  string // ARN of the role that a session is of; "" for a user
	User  string // name; "" for a session
	Admin bool   // the account's own key, which may do everything

	SessionPolicy string // document that the session was started with
}

// Root is whose key Server.Env has: not the root user but one that may do as much.
func (s *Service) Root() Principal {
	return Principal{ARN: s.arn("user", "/", "sandbox"), ID: "AIDASANDBOXSANDBOX000", User: "sandbox", Admin: true}
}

// ByKey finds the user of an access key.
func (s *Service) ByKey(key string) (Principal, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.userByKey(key)
	if u == nil {
		return Principal{}, false
	}
	return Principal{ARN: u.arn, ID: u.id, User: u.name}, true
}

// SessionOf is the principal of a session of a role.
func (s *Service) SessionOf(roleARN, session string) Principal {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := roleARN[strings.LastIndex(roleARN, "/")+1:] // the path is not in it
	p := Principal{ARN: fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", s.partition, s.account, name, session),
		Role: roleARN}
	if r := s.roleByARN(roleARN); r != nil {
		p.ID = r.id + ":" + session
	}
	return p
}

// identityOf is nil for a principal whose user or role is gone.
func (s *Service) identityOf(p Principal) *identity {
	if p.Role != "" {
		if r := s.roleByARN(p.Role); r != nil {
			return &r.identity
		}
		return nil
	}
	if u := s.users[p.User]; u != nil {
		return &u.identity
	}
	return nil
}

// callers are the names by which a policy of a resource may mean the principal.
func (s *Service) callers(p Principal) []string {
	out := []string{p.ARN, s.account, fmt.Sprintf("arn:%s:iam::%s:root", s.partition, s.account)}
	if p.Role != "" {
		out = append(out, p.Role)
	}
	return out
}

// describeCaller puts into a context what is known of the principal.
func (s *Service) describeCaller(p Principal, c policy.Context) {
	c.Set("aws:PrincipalAccount", s.account)
	c.Set("aws:PrincipalIsAWSService", "false")
	c.Set("aws:ViaAWSService", "false")
	c.Set("aws:userid", p.ID)
	if p.Role != "" {
		c.Set("aws:PrincipalArn", p.Role)
		c.Set("aws:PrincipalType", "AssumedRole")
	} else {
		c.Set("aws:PrincipalArn", p.ARN)
		c.Set("aws:PrincipalType", "User")
		c.Set("aws:username", p.User)
	}
	if i := s.identityOf(p); i != nil {
		for _, t := range i.tags {
			c.Set("aws:PrincipalTag/"+t.Key, t.Value)
		}
	}
}
