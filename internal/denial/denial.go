// Package denial reads what AWS says when somebody lacks a right.
package denial

import (
	"regexp"
	"strings"
)

// Denial is a right that was missed.
type Denial struct {
	Action   string // as IAM writes it, iam:PassRole
	Resource string // its ARN; "" where AWS did not say
	// Limit is the kind of policy that forbids it whatever others allow, such as "service control policy";
	// "" where no policy of the caller's allows it, or AWS does not say.
	Limit string
}

// The kinds of policies that forbid what others allow.
const (
	ServiceControl  = "service control policy"
	ResourceControl = "resource control policy"
	Boundary        = "permissions boundary"
	Session         = "session policy"
	Endpoint        = "VPC endpoint policy"
	Identity        = "identity-based policy"
	resourceBased   = "resource-based policy"
)

// text finds in AWS's words what was missing: a call may need rights beside that of its
// own name, such as iam:PassRole (IAM User Guide, "Access denied error messages").
var text = regexp.MustCompile(`not authorized to perform: ([a-z0-9-]+:\w+)(?: on resource: (\S+))?`)

// Which kind of policy forbids it or does not allow it.
var (
	explicit = regexp.MustCompile(`with an explicit deny in an? ([\w -]+? policy|permissions boundary)`)
	implicit = regexp.MustCompile(`because no ([\w -]+? policy|permissions boundary) allows`)
)

// Parse reads a refusal. fallback is the action of the call, for services that say no more.
func Parse(message, fallback string) Denial {
	d := Denial{Action: fallback, Limit: limitIn(message)}
	found := text.FindStringSubmatch(message)
	if found == nil {
		return d
	}
	d.Action, d.Resource = found[1], found[2]
	if !strings.Contains(d.Resource, ":") {
		d.Resource = "" // "*", or a name, which Secrets Manager repeats
	}
	return d
}

func limitIn(message string) string {
	if found := explicit.FindStringSubmatch(message); found != nil {
		return found[1]
	}
	if found := implicit.FindStringSubmatch(message); found != nil && found[1] != Identity &&
		found[1] != resourceBased {
		return found[1]
	}
	return ""
}

// Advice says who can lift a limit: no policy that ecsctl prints does.
func (d Denial) Advice() string {
	const inVain = ": no statement of `ecsctl policy` changes that"
	switch d.Limit {
	case ServiceControl, ResourceControl:
		return "a " + d.Limit + " of your organization forbids " + d.Action + inVain +
			"; ask the administrators of AWS Organizations, or use another account or region"
	case Boundary:
		return "the permissions boundary of the caller does not let it do " + d.Action + inVain +
			"; ask whoever manages the boundary, or run as somebody with another one"
	case Session:
		return "the session policy of these credentials does not let them do " + d.Action + inVain +
			"; sign in without one, or with a permission set or role that has more"
	case Endpoint:
		return "the policy of the VPC endpoint that the call went through does not allow " + d.Action + inVain +
			"; ask whoever manages the endpoint"
	case resourceBased:
		return "the policy of the resource itself denies " + d.Action + inVain + "; change that policy"
	}
	return "a policy of the caller's denies " + d.Action + " explicitly" + inVain + "; take the Deny out of it"
}

// IsCode reports whether AWS uses the error code when the caller lacks a right.
func IsCode(code string) bool {
	switch code {
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AccessDeniedFault":
		return true
	}
	return false
}
