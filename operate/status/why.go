package status

import (
	"context"
	"slices"
	"strings"
	"time"

	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
	"ecsctl/internal/onelook"
	"ecsctl/provision"
)

// FirstCause returns the first problem of a status that keeps flow runs from running, except
// those about what the caller has told already or may not look at; nil if there is none.
// Without options it calls nothing.
func FirstCause(ctx context.Context, o *Options, told ...About) (*Problem, *Status, error) {
	if o == nil {
		return nil, nil, nil
	}
	looking, cancel := context.WithTimeout(context.WithoutCancel(ctx), LookingTime)
	defer cancel()
	status, err := onelook.Ask(looking, "status", func(ctx context.Context) (*Status, error) {
		return ReadStatus(ctx, *o)
	})
	if err != nil {
		return nil, nil, err
	}
	for _, p := range status.Problems {
		if p.Severity == Fail && !p.Denied && !slices.Contains(told, p.About) {
			return &p, status, nil
		}
	}
	return nil, status, nil
}

// WhatIsWrong is firstCause for who need not be allowed all that a status looks at: unseen
// says which right is missing, and where to get it, when nothing was found without it.
func WhatIsWrong(ctx context.Context, o *Options) (cause *Problem, unseen string, err error) {
	cause, status, err := FirstCause(ctx, o)
	if awserr.Denied(err) {
		return nil, problemOf(AboutAWS, err).unseen(), nil
	}
	if err != nil || cause != nil || status == nil {
		return cause, "", err
	}
	if i := slices.IndexFunc(status.Problems, func(p Problem) bool { return p.Denied }); i >= 0 {
		unseen = status.Problems[i].unseen()
	}
	return nil, unseen, nil
}

func (p Problem) unseen() string {
	return "cannot tell what is wrong with the pool: " + strings.Join(append([]string{p.Cause}, p.Fix...), "; ")
}

// Named adds to what AWS refused which statements of the command's policy allow it. Who we
// are is asked only then.
func Named(ctx context.Context, o provision.Options, err error) error {
	if !awserr.Denied(err) {
		return err
	}
	id, unknown := provision.WhoAmI(ctx, o.Clients)
	if unknown != nil {
		return err // it says what was refused, and that is what matters
	}
	return provision.NameStatements(o.Policy, o.Spec.WithDefaults(), id, o.Server, err)
}

// Fixes is all that fixes a problem, in one text, the best first.
func (p Problem) Fixes() string {
	ways := make([]string, len(p.Fix))
	for i, way := range p.Fix {
		ways[i] = strings.TrimPrefix(way, "or ") // some begin with it
	}
	return strings.Join(ways, "; or ")
}

// WhyUnplanned is why nobody could say what a bootstrap would change.
func (s *Status) WhyUnplanned() string {
	i := slices.IndexFunc(s.Problems, func(p Problem) bool { return p.About == AboutDrift || p.About == AboutAWS })
	if i < 0 {
		return "cannot tell what a bootstrap would change"
	}
	return s.Problems[i].Cause
}

// FixOf is the advice that comes with an error.
func FixOf(err error) string { return strings.Join(hint.Of(err), "; or ") }

// LookingTime is the limit for finding out why something did not happen.
const LookingTime = 30 * time.Second
