package policy

import (
	"slices"
	"strings"
)

// The effects of statements.
const (
	Allow = "Allow"
	Deny  = "Deny"
)

// Context holds what is known of a request, by condition key in lower case.
type Context map[string][]string

// Request is what somebody wants to do.
type Request struct {
	Action   string // "ecs:RunTask"
	Resource string // an ARN, or "*" for an action without resources
	Context  Context

	// Callers are the names by which a resource's policy may mean the caller: the ARNs of
	// user, role and session, the account; for an AWS service its own name.
	Callers []string
}

// Verdict is what policies have to say on a request.
type Verdict int

// Verdicts; an explicit denial counts more than anything else.
const (
	Silent Verdict = iota
	Allowed
	Denied
)

// Evaluate gives the verdict of several policies of one kind.
func Evaluate(docs []Document, r Request) Verdict {
	verdict := Silent
	for _, d := range docs {
		verdict = max(verdict, d.Evaluate(r))
	}
	return verdict
}

// Evaluate gives the verdict of one policy.
func (d Document) Evaluate(r Request) Verdict {
	verdict := Silent
	for _, st := range d.Statement {
		if !d.applies(st, r) {
			continue
		}
		if st.Effect == Deny {
			return Denied
		}
		verdict = Allowed
	}
	return verdict
}

func (d Document) applies(st Statement, r Request) bool {
	return d.concerns(st, r) && d.holds(st.Condition, r.Context)
}

// concerns is applies without the conditions.
func (d Document) concerns(st Statement, r Request) bool {
	return st.names(r.Callers) && st.coversAction(r.Action) && d.coversResource(st, r)
}

// names reports whether a statement means the caller. That of an identity has no
// principal; it means whom it is attached to.
func (st Statement) names(callers []string) bool {
	switch {
	case st.NotPrincipal != nil:
		return !st.NotPrincipal.include(callers)
	case st.Principal != nil:
		return st.Principal.include(callers)
	}
	return true
}

func (p Principals) include(callers []string) bool {
	for _, names := range p {
		for _, name := range names {
			if name == "*" || slices.Contains(callers, name) {
				return true
			}
		}
	}
	return false
}

func (st Statement) coversAction(action string) bool {
	if st.NotAction != nil {
		return !matchesAction(st.NotAction, action)
	}
	return matchesAction(st.Action, action)
}

func matchesAction(patterns []string, action string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		return glob(strings.ToLower(p)).matches(strings.ToLower(action))
	})
}

// coversResource lets a statement without resources cover the one it is attached to, as
// trust policies are.
func (d Document) coversResource(st Statement, r Request) bool {
	if st.NotResource != nil {
		return !d.matchesResource(st.NotResource, r)
	}
	return st.Resource == nil || d.matchesResource(st.Resource, r)
}

func (d Document) matchesResource(patterns []string, r Request) bool {
	return slices.ContainsFunc(patterns, func(text string) bool {
		p, ok := d.expand(text, true, r.Context)
		return ok && p.matches(r.Resource)
	})
}

// MissingKeys are the condition keys on which the verdict depends and of which the
// request says nothing.
func MissingKeys(docs []Document, r Request) []string {
	var out []string
	for _, d := range docs {
		for _, st := range d.Statement {
			if !d.concerns(st, r) {
				continue
			}
			for _, keys := range st.Condition {
				for key := range keys {
					if _, given := r.Context[strings.ToLower(key)]; !given && !slices.Contains(out, key) {
						out = append(out, key)
					}
				}
			}
		}
	}
	slices.Sort(out)
	return out
}
