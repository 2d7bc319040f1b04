package sandbox

import (
	"fmt"
	"net/http"

	"ecsctl/sandbox/fault"
	"ecsctl/sandbox/internal/iam"
	"ecsctl/sandbox/internal/s3"
	"ecsctl/sandbox/internal/wire"
)

// faultCodes are the codes for each kind, by service; "" is for the JSON services.
var faultCodes = map[fault.Kind]map[string]string{
	fault.Throttle: {"": "ThrottlingException", "iam": "Throttling", "sts": "Throttling",
		"ec2": "RequestLimitExceeded", "sqs": "RequestThrottled", "s3": "SlowDown"},
	fault.ServerError: {"": "ServerException", "logs": "ServiceUnavailableException",
		"secretsmanager": "InternalServiceError", "ssm": "InternalServerError", "iam": "ServiceFailure",
		"sts": "InternalFailure",
		"ec2": "InternalError", "sqs": "InternalError", "s3": "InternalError", "events": "InternalException"},
	fault.AccessDenied: {"": "AccessDeniedException", "iam": "AccessDenied", "sts": "AccessDenied",
		"ec2": "UnauthorizedOperation", "sqs": "AccessDenied", "s3": "AccessDenied"},
	fault.ExpiredToken: {"": "ExpiredTokenException", "iam": "ExpiredToken", "sts": "ExpiredToken",
		"ec2": "RequestExpired", "sqs": "ExpiredToken", "s3": "ExpiredToken"},
}

func (s *Server) faultError(kind fault.Kind, service, operation string) *wire.Error {
	switch kind {
	case fault.Conflict:
		return conflict(service)
	case fault.Limit:
		limit := fault.Limits[service]
		if service == "iam" {
			return wire.WithStatus(http.StatusConflict, limit[0], "%s", limit[1])
		}
		return wire.Errorf(limit[0], "%s", limit[1])
	}
	code, ok := faultCodes[kind][service]
	if !ok {
		code = faultCodes[kind][""]
	}
	switch kind {
	case fault.Throttle:
		if service == "ec2" {
			return wire.WithStatus(http.StatusServiceUnavailable, code, "Request limit exceeded.")
		}
		if service == s3.Name {
			return wire.WithStatus(http.StatusServiceUnavailable, code, "Please reduce your request rate.")
		}
		return wire.Errorf(code, "Rate exceeded")
	case fault.ServerError:
		return wire.WithStatus(http.StatusInternalServerError, code, "An internal error has occurred")
	case fault.AccessDenied:
		return s.accessDenied(code, service, operation)
	default:
		return expired(code, service)
	}
}

// conflict is what eventual consistency and writes at the same time come to.
func conflict(service string) *wire.Error {
	if service == "ecs" {
		return wire.Errorf("ClusterContainsServicesException",
			"The Cluster cannot be deleted while Services are active.")
	}
	return iam.ConcurrentModification()
}

// accessDenied names caller, action and resource, as an AWS that has no policy for them.
func (s *Server) accessDenied(code, service, operation string) *wire.Error {
	action := service + ":" + operation
	message := fmt.Sprintf("User: arn:%s:iam::%s:user/sandbox is not authorized to perform: %s on resource: * "+
		"because no identity-based policy allows the %s action",
		s.opts.Partition, s.opts.Account, action, action)
	switch service {
	case "ec2":
		return wire.WithStatus(http.StatusForbidden, code,
			"You are not authorized to perform this operation. %s", message)
	case "iam", "sts", s3.Name:
		return wire.WithStatus(http.StatusForbidden, code, "%s", message)
	default:
		return wire.Errorf(code, "%s", message)
	}
}

func expired(code, service string) *wire.Error {
	if service == "ec2" {
		return wire.Errorf(code, "Request has expired.")
	}
	status := http.StatusBadRequest
	if service == "iam" || service == "sts" {
		status = http.StatusForbidden
	}
	return wire.WithStatus(status, code, "The security token included in the request is expired")
}

// unknownKey refuses the credentials of a role whose session is over.
func unknownKey(service string) *wire.Error {
	const message = "The security token included in the request is invalid"
	switch service {
	case "ec2":
		return wire.WithStatus(http.StatusUnauthorized, "AuthFailure",
			"AWS was not able to validate the provided access credentials")
	case "iam", "sts":
		return wire.WithStatus(http.StatusForbidden, "InvalidClientTokenId", message)
	case s3.Name:
		return wire.WithStatus(http.StatusForbidden, "InvalidAccessKeyId",
			"The AWS Access Key Id you provided does not exist in our records.")
	default:
		return wire.Errorf("UnrecognizedClientException", message)
	}
}

// badSignature refuses a call whose signature is not that of its key's secret, or too old.
func badSignature(service string, wrong *wrongSignature) *wire.Error {
	switch {
	case service == "ec2" && wrong.stale:
		return wire.Errorf("RequestExpired", "Request has expired.")
	case service == "ec2":
		return wire.WithStatus(http.StatusUnauthorized, "AuthFailure",
			"AWS was not able to validate the provided access credentials")
	case service == "iam" || service == "sts":
		return wire.WithStatus(http.StatusForbidden, "SignatureDoesNotMatch", "%s", wrong.message)
	}
	return wire.Errorf("InvalidSignatureException", "%s", wrong.message)
}
