package authz

import "ecsctl/sandbox/internal/iam"

var iamRights = rights{
	"ListAccountAliases":      anything,
	"CreateAccountAlias":      anything,
	"DeleteAccountAlias":      anything,
	"ListRoles":               anything,
	"ListUsers":               anything,
	"SimulateCustomPolicy":    anything,
	"SimulatePrincipalPolicy": func(c *call) []need { return []need{c.on(c.text("PolicySourceArn"))} },

	"CreateRole":                    createRole,
	"GetRole":                       onRole,
	"DeleteRole":                    onRole,
	"UpdateRole":                    onRole,
	"UpdateAssumeRolePolicy":        onRole,
	"PutRolePermissionsBoundary":    onRole,
	"DeleteRolePermissionsBoundary": onRole,
	"AttachRolePolicy":              onRole,
	"DetachRolePolicy":              onRole,
	"ListAttachedRolePolicies":      onRole,
	"PutRolePolicy":                 onRole,
	"GetRolePolicy":                 onRole,
	"DeleteRolePolicy":              onRole,
	"ListRolePolicies":              onRole,
	"TagRole":                       onRole,
	"UntagRole":                     onRole,
	"ListRoleTags":                  onRole,

	"ListInstanceProfiles":          anything,
	"ListInstanceProfilesForRole":   onRole,
	"CreateInstanceProfile":         createProfile,
	"GetInstanceProfile":            onProfile,
	"DeleteInstanceProfile":         onProfile,
	"TagInstanceProfile":            onProfile,
	"UntagInstanceProfile":          onProfile,
	"AddRoleToInstanceProfile":      addToProfile,
	"RemoveRoleFromInstanceProfile": onProfile,

	"CreateUser":                    createUser,
	"GetUser":                       onUser,
	"DeleteUser":                    onUser,
	"PutUserPermissionsBoundary":    onUser,
	"DeleteUserPermissionsBoundary": onUser,
	"CreateAccessKey":               onUser,
	"ListAccessKeys":                onUser,
	"DeleteAccessKey":               onUser,
	"AttachUserPolicy":              onUser,
	"DetachUserPolicy":              onUser,
	"ListAttachedUserPolicies":      onUser,
	"PutUserPolicy":                 onUser,
	"GetUserPolicy":                 onUser,
	"DeleteUserPolicy":              onUser,
	"ListUserPolicies":              onUser,

	"CreatePolicy": func(c *call) []need {
		arn := c.IAM.ARN("policy", c.text("Path"), c.text("PolicyName"))
		return c.withIAMTags("iam:TagPolicy", arn, requestTags(c.tags("Tags")))
	},
	"GetPolicy":        onPolicy,
	"GetPolicyVersion": onPolicy,
	"DeletePolicy":     onPolicy,
}

// stsRights are those of operations that everybody may call, and of AssumeRole, which
// decides by the role's trust as well and so by itself.
var stsRights = rights{"GetCallerIdentity": nothing, "AssumeRole": nothing}

func onPolicy(c *call) []need { return []need{c.on(c.text("PolicyArn"))} }

func createRole(c *call) []need {
	arn := c.IAM.ARN("role", c.text("Path"), c.text("RoleName"))
	return c.withIAMTags("iam:TagRole", arn, key("iam:PermissionsBoundary", c.text("PermissionsBoundary")),
		requestTags(c.tags("Tags")))
}

func createUser(c *call) []need {
	arn := c.IAM.ARN("user", c.text("Path"), c.text("UserName"))
	return c.withIAMTags("iam:TagUser", arn, key("iam:PermissionsBoundary", c.text("PermissionsBoundary")),
		requestTags(c.tags("Tags")))
}

// withIAMTags adds the action that IAM wants for tags at creation.
func (c *call) withIAMTags(action, arn string, facts ...fact) []need {
	out := []need{c.on(arn, facts...)}
	if tags := c.tags("Tags"); len(tags) > 0 {
		out = append(out, c.action(action, arn, requestTags(tags)))
	}
	return out
}

func createProfile(c *call) []need {
	arn := c.IAM.ARN("instance-profile", c.text("Path"), c.text("InstanceProfileName"))
	return c.withIAMTags("iam:TagInstanceProfile", arn, requestTags(c.tags("Tags")))
}

func onProfile(c *call) []need {
	return []need{c.onEntity(c.IAM.Profile(c.text("InstanceProfileName")))}
}

// addToProfile passes the role to whatever uses the profile; AWS says of no service that it is passed to
// (API_AddRoleToInstanceProfile).
func addToProfile(c *call) []need {
	role := c.IAM.Role(c.text("RoleName"))
	return append(onProfile(c), c.action("iam:PassRole", role.ARN, resourceTags(role.Tags, "iam:")))
}

func onRole(c *call) []need { return []need{c.onEntity(c.IAM.Role(c.text("RoleName")))} }

// onUser is about the caller where no user is named.
func onUser(c *call) []need {
	name := c.text("UserName")
	if name == "" {
		name = c.Caller.User
	}
	return []need{c.onEntity(c.IAM.User(name))}
}

// onEntity has the boundary that is asked for, or else the one that is there.
func (c *call) onEntity(e iam.Entity) need {
	boundary := c.text("PermissionsBoundary")
	if boundary == "" {
		boundary = e.Boundary
	}
	return c.on(e.ARN, key("iam:PermissionsBoundary", boundary), key("iam:PolicyARN", c.text("PolicyArn")),
		resourceTags(e.Tags, "iam:"), requestTags(c.tags("Tags")), tagKeys(c.texts("TagKeys")))
}
