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
}

// text finds in AWS's words what was missing: a call may need rights beside that of its
// own name, such as iam:PassRole (IAM User Guide, "Access denied error messages").
var text = regexp.MustCompile(`not authorized to perform: ([a-z0-9-]+:\w+)(?: on resource: (\S+))?`)

// Parse reads a refusal. fallback is the action of the call, for services that say no more.
func Parse(message, fallback string) Denial {
	found := text.FindStringSubmatch(message)
	if found == nil {
		return Denial{Action: fallback}
	}
	d := Denial{Action: found[1], Resource: found[2]}
	if !strings.Contains(d.Resource, ":") {
		d.Resource = "" // "*", or a name, which Secrets Manager repeats
	}
	return d
}

// IsCode reports whether AWS uses the error code when the caller lacks a right.
func IsCode(code string) bool {
	switch code {
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AccessDeniedFault":
		return true
	}
	return false
}
