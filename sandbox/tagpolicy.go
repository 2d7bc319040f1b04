package sandbox

import (
	"encoding/json"
	"strings"

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
func againstTagPolicy(service string, req *wire.Request, tag string) *wire.Error {
	if !setsTag(req, tag) {
		return nil
	}
	code, ok := tagPolicyCodes[service]
	if !ok {
		code = "ValidationException"
	}
	return wire.Errorf(code, "The tag policy does not allow the specified value for the following tag key: '%s'.", tag)
}

// setsTag reports whether a request in either protocol has a tag of that key.
func setsTag(req *wire.Request, tag string) bool {
	for name, values := range req.Form {
		if strings.HasSuffix(name, ".Key") && values[0] == tag {
			return true
		}
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(req.Body, &fields) != nil {
		return false
	}
	for name, value := range fields {
		if strings.EqualFold(name, "tags") && hasTag(value, tag) {
			return true
		}
	}
	return false
}

// hasTag looks at tags as they are written: a list of keys and values, or an object.
func hasTag(tags json.RawMessage, tag string) bool {
	var object map[string]string
	if json.Unmarshal(tags, &object) == nil {
		_, has := object[tag]
		return has
	}
	var list []struct{ Key string } // in either case
	_ = json.Unmarshal(tags, &list) // what is no list has no tags
	for _, t := range list {
		if t.Key == tag {
			return true
		}
	}
	return false
}
