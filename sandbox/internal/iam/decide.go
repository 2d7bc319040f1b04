package iam

import (
	"fmt"

	"ecsctl/sandbox/internal/policy"
)

const assumeRole = "sts:AssumeRole"

// Decision is whether a principal may do something, and in AWS's words why not.
type Decision struct {
	Allowed bool
	Reason  string // "no identity-based policy allows the ecs:RunTask action" or "with an explicit deny in ..."

	explicit bool
}

// Refusal is how AWS words a denial. Without a resource none is named.
func (d Decision) Refusal(p Principal, action, resource string) string {
	text := fmt.Sprintf("User: %s is not authorized to perform: %s", p.ARN, action)
	if resource != "" {
		text += " on resource: " + resource
	}
	if d.explicit {
		return text + " " + d.Reason
	}
	return text + " because " + d.Reason
}

// Explicit reports whether a policy forbids it, rather than none allowing it.
func (d Decision) Explicit() bool { return d.explicit }

// Decide says whether a principal may do what a request asks for. resource is the policy
// of the resource itself, if it has one. What is known of the caller is added to the request.
func (s *Service) Decide(p Principal, r policy.Request, resource *policy.Document) Decision {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.describeCaller(p, r.Context)
	if d := within(s.ServiceControl, "service control policy", r); !d.Allowed {
		return d
	}
	if p.Admin {
		return Decision{Allowed: true}
	}
	if d := within(p.SessionPolicy, "session policy", r); !d.Allowed {
		return d
	}
	r.Callers = s.callers(p)
	return s.decide(s.grantsOf(s.identityOf(p)), r, resource, p)
}

// within asks a policy that grants nothing and limits all the others; "" limits nothing.
func within(document, kind string, r policy.Request) Decision {
	if document == "" {
		return Decision{Allowed: true}
	}
	switch policy.Evaluate([]policy.Document{stored(document)}, r) {
	case policy.Denied:
		return denied("a " + kind)
	case policy.Silent:
		return missing(kind, r.Action)
	}
	return Decision{Allowed: true}
}

// grants are what an identity's own policies say, and the limit of it.
type grants struct {
	policies []policy.Document
	boundary []policy.Document // nil: no limit
}

func (s *Service) grantsOf(i *identity) grants {
	var g grants
	if i == nil {
		return g
	}
	for _, doc := range i.inline {
		g.policies = append(g.policies, stored(doc))
	}
	for _, arn := range i.attached {
		g.policies = append(g.policies, s.managedDocument(arn))
	}
	if i.boundary != "" {
		g.boundary = []policy.Document{s.managedDocument(i.boundary)}
	}
	return g
}

func (s *Service) managedDocument(arn string) policy.Document {
	if p := s.policies[arn]; p != nil {
		return stored(p.document)
	}
	if doc := awsManaged[s.managedName(arn)]; doc != "" {
		return stored(doc)
	}
	return policy.Document{} // allows nothing: was attached while policies did not count
}

func (s *Service) decide(g grants, r policy.Request, resource *policy.Document, p Principal) Decision {
	own, limit, theirs := policy.Evaluate(g.policies, r), policy.Evaluate(g.boundary, r), policy.Silent
	if resource != nil {
		theirs = resource.Evaluate(r)
	}
	switch policy.Denied {
	case own:
		return denied("an identity-based policy")
	case limit:
		return denied("a permissions boundary")
	case theirs:
		return denied("a resource-based policy")
	}
	if theirs == policy.Allowed && s.meansExactly(*resource, r, p) {
		return Decision{Allowed: true} // neither own policies nor the boundary are asked
	}
	if g.boundary != nil && limit != policy.Allowed {
		return missing("permissions boundary", r.Action)
	}
	switch {
	case own == policy.Allowed:
		return Decision{Allowed: true}
	case theirs == policy.Allowed && s.meansRole(*resource, r, p):
		return Decision{Allowed: true}
	}
	return missing("identity-based policy", r.Action)
}

// meansExactly reports whether the policy of a resource lets in the user or the session
// itself, and not merely the role, or the account, which passes the question on.
func (s *Service) meansExactly(d policy.Document, r policy.Request, p Principal) bool {
	r.Callers = []string{p.ARN}
	return d.Evaluate(r) == policy.Allowed
}

func (s *Service) meansRole(d policy.Document, r policy.Request, p Principal) bool {
	r.Callers = []string{p.Role}
	return p.Role != "" && d.Evaluate(r) == policy.Allowed
}

func denied(kind string) Decision {
	return Decision{Reason: "with an explicit deny in " + kind, explicit: true}
}

func missing(kind, action string) Decision {
	return Decision{Reason: fmt.Sprintf("no %s allows the %s action", kind, action)}
}

// MayAssume decides on sts:AssumeRole: the role must trust the caller, and unless it trusts
// the very caller, the caller's own policies must allow it. Where policies do not count,
// only the trust does.
func (s *Service) MayAssume(p Principal, roleARN string, c policy.Context) Decision {
	s.mu.Lock()
	defer s.mu.Unlock()
	role := s.roleByARN(roleARN)
	if role == nil {
		return missing("identity-based policy", assumeRole) // AWS does not say that it is not there
	}
	s.describeCaller(p, c)
	r := policy.Request{Action: assumeRole, Resource: roleARN, Context: c, Callers: s.callers(p)}
	trust := stored(role.trust)
	if verdict := trust.Evaluate(r); verdict == policy.Denied {
		return denied("a resource-based policy")
	} else if verdict == policy.Silent {
		return missing("resource-based policy", assumeRole)
	}
	if p.Admin || !s.enforce {
		return Decision{Allowed: true}
	}
	return s.decide(s.grantsOf(s.identityOf(p)), r, &trust, p)
}
