package provision

import "regexp"

// What ECS does in an account it does by a role of its own, which it makes with the first
// cluster or service (docs/aws-notes.md).
const (
	LinkedRole     = "AWSServiceRoleForECS"
	MakeLinkedRole = "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com"
)

var linkedRoleRefused = regexp.MustCompile(`(?i)service.linked role`)

// linkedRoleHint is what to do when ECS has no such role for longer than it takes to be seen.
const linkedRoleHint = "make ECS's own role once in the account, which takes iam:CreateServiceLinkedRole: " +
	MakeLinkedRole
