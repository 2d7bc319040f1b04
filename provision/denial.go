package provision

import (
	"errors"
	"regexp"
	"strings"

	"ecsctl/image"
	"ecsctl/internal/awserr"
	"ecsctl/internal/denial"
	"ecsctl/templates"
)

// denialsIn are the refusals in err's tree, each once.
func denialsIn(err error) []denial.Denial {
	var out []denial.Denial
	seen := map[denial.Denial]bool{}
	var walk func(error)
	walk = func(err error) {
		for err != nil {
			if d, ok := asDenial(err); ok {
				if !seen[d] {
					seen[d], out = true, append(out, d)
				}
				return
			}
			if many, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // each branch is walked
				for _, inner := range many.Unwrap() {
					walk(inner)
				}
				return
			}
			err = errors.Unwrap(err)
		}
	}
	walk(err)
	return out
}

// asDenial looks at one layer alone.
func asDenial(err error) (denial.Denial, bool) {
	switch err := err.(type) { //nolint:errorlint // denialsIn walks the layers
	case *awserr.Error:
		return awserr.Missing(err.Err)
	case *image.PushError:
		if err.Denied() {
			return denial.Parse(err.Error(), "ecr:PutImage"), true
		}
	}
	return denial.Denial{}, false
}

// allows reports whether a statement is about what was missed, on the resource where one is
// known. SQS writes actions in small letters.
func allows(s templates.Statement, d denial.Denial) bool {
	if !matchesAny(s.Action, d.Action) || d.Resource == "" {
		return matchesAny(s.Action, d.Action)
	}
	return matchesAny(s.Resource, d.Resource) || s.NotResource != nil && !matchesAny(s.NotResource, d.Resource)
}

// matchesAny compares as IAM does: * and ? are wildcards, and actions have no case.
func matchesAny(patterns []string, text string) bool {
	for _, pattern := range patterns {
		expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
		if regexp.MustCompile("(?i)^" + expression + "$").MatchString(text) {
			return true
		}
	}
	return false
}
