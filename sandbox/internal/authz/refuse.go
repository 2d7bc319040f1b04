package authz

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"ecsctl/sandbox/internal/iam"
	"ecsctl/sandbox/internal/wire"
)

// refusal words a denial as the service of the call does.
func refusal(c *call, n need, d iam.Decision) *wire.Error {
	resource := n.resource
	if n.named != "" {
		resource = n.named
	}
	switch c.Service {
	case "ec2":
		return ec2Refusal(c, n, d)
	case "iam", "sts", "s3":
		return wire.WithStatus(http.StatusForbidden, "AccessDenied", "%s", d.Refusal(c.Caller, n.action, resource))
	case "sqs": // writes actions in small letters
		text := d.Refusal(c.Caller, n.action, resource)
		return wire.WithStatus(http.StatusForbidden, "AccessDenied", "%s",
			strings.ReplaceAll(text, n.action, strings.ToLower(n.action)))
	}
	return wire.Errorf("AccessDeniedException", "%s", d.Refusal(c.Caller, n.action, resource))
}

// ec2Refusal names a resource only where the action has one, and then carries a message
// that AWS encodes, for those who may decode it.
func ec2Refusal(c *call, n need, d iam.Decision) *wire.Error {
	resource, encoded := "", ""
	if n.resource != "*" {
		resource = n.resource
		encoded = ". Encoded authorization failure message: " + encode(c, n, d)
	}
	return wire.WithStatus(http.StatusForbidden, "UnauthorizedOperation",
		"You are not authorized to perform this operation. %s%s",
		d.Refusal(c.Caller, n.action, resource), encoded)
}

// encode is the sandbox's own; AWS's can be read by sts:DecodeAuthorizationMessage alone.
func encode(c *call, n need, d iam.Decision) string {
	data, err := json.Marshal(map[string]any{
		"allowed": false, "explicitDeny": d.Explicit(),
		"context": map[string]any{
			"principal": c.Caller.ARN, "action": n.action, "resource": n.resource, "conditions": n.context,
		},
	})
	if err != nil {
		panic(fmt.Sprintf("sandbox: message does not encode: %v", err))
	}
	return base64.RawURLEncoding.EncodeToString(data)
}
