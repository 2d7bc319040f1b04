package provision

import (
	"errors"
	"regexp"
	"strings"

	"github.com/aws/smithy-go"

	"ecsctl/image"
	"ecsctl/templates"
)

// denial is a right that AWS missed.
type denial struct {
	action   string // as IAM writes it, iam:PassRole
	resource string // its ARN; "" where AWS did not say
}

// deniedText finds in AWS's words what was missing: a call may need rights beside that of
// its own name, such as iam:PassRole (IAM User Guide, "Access denied error messages").
var deniedText = regexp.MustCompile(`not authorized to perform: ([a-z0-9-]+:\w+)(?: on resource: (\S+))?`)

// denialOf reads a refusal of AWS. fallback is the action of the call, for services that
// do not say more.
func denialOf(message, fallback string) denial {
	found := deniedText.FindStringSubmatch(message)
	if found == nil {
		return denial{action: fallback}
	}
	d := denial{action: found[1], resource: found[2]}
	if !strings.Contains(d.resource, ":") {
		d.resource = "" // "*", or a name, which Secrets Manager repeats
	}
	return d
}

// isDenial tells whether a code is that of a refusal for want of a right.
func isDenial(code string) bool {
	switch code {
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AccessDeniedFault":
		return true
	}
	return false
}

// denialsIn are the refusals in err's tree, each once.
func denialsIn(err error) []denial {
	var out []denial
	seen := map[denial]bool{}
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
func asDenial(err error) (denial, bool) {
	switch err := err.(type) { //nolint:errorlint // denialsIn walks the layers
	case awsError:
		var api smithy.APIError
		if errors.As(err.err, &api) && isDenial(api.ErrorCode()) {
			return denialOf(api.ErrorMessage(), action(err.err)), true
		}
	case *image.PushError:
		if err.Denied() {
			return denialOf(err.Error(), "ecr:PutImage"), true
		}
	}
	return denial{}, false
}

// in tells whether a statement is about the action, on the resource where one is known.
// SQS writes actions in small letters.
func (d denial) in(s templates.Statement) bool {
	return matchesAny(s.Action, strings.ToLower(d.action)) && (d.resource == "" || matchesAny(s.Resource, d.resource))
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
