package sandbox

import (
	"ecsctl/sandbox/internal/authz"
	"ecsctl/sandbox/internal/s3"
	"ecsctl/sandbox/internal/wire"
)

// tagPolicyCodes are the codes by which services refuse a value that a tag policy of the organization does not allow;
// the others have none of their own.
var tagPolicyCodes = map[string]string{
	"ec2": "TagPolicyViolation", "sqs": "TagPolicyException", s3.Name: "TagPolicyException",
	"ecs": "InvalidParameterException", "iam": "InvalidInput", "ecr": "InvalidTagParameterException",
	"logs": "InvalidParameterException", "secretsmanager": "InvalidParameterException",
}

// againstTagPolicy refuses a call that gives something the tag; nil is that it does not.
func (s *Server) againstTagPolicy(service string, req *wire.Request, tag string) *wire.Error {
	if !s.account.SetsTag(authz.Call{Service: service, Request: req}, tag) {
		return nil
	}
	code, ok := tagPolicyCodes[service]
	if !ok {
		code = "ValidationException"
	}
	return wire.Errorf(code, "The tag policy does not allow the specified value for the following tag key: '%s'.", tag)
}
