// Package awserr says what kind of error the AWS SDK gave back. How that is worded, and
// what is done about it, is for the callers.
package awserr

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"

	"ecsctl/internal/denial"
)

// Error has our words and the SDK's error below them, for errors.As.
type Error struct {
	What, Why string // what failed, and why
	Err       error
}

func (e *Error) Error() string { return e.What + ": " + strings.TrimSpace(e.Why) }
func (e *Error) Unwrap() error { return e.Err }

// Answer is what AWS answered, if it did.
func Answer(err error) (smithy.APIError, bool) {
	var api smithy.APIError
	ok := errors.As(err, &api) && !isOfEndpoint(api)
	return api, ok
}

// isOfEndpoint reports whether an error is what a container's credentials endpoint said, and no
// service of AWS: of both, it alone has the status in itself.
func isOfEndpoint(err error) bool {
	_, is := err.(interface{ HTTPStatusCode() int }) //nolint:errorlint // this very error
	return is
}

// FromEndpoint reports whether a call was not sent because the container's credentials endpoint
// gave no credentials.
func FromEndpoint(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && isOfEndpoint(api)
}

// HasCode reports whether AWS answered with one of the codes.
func HasCode(err error, codes ...string) bool {
	api, ok := Answer(err)
	return ok && slices.Contains(codes, api.ErrorCode())
}

// Denied reports whether AWS refused a call because the caller lacks a right.
func Denied(err error) bool {
	api, ok := Answer(err)
	return ok && denial.IsCode(api.ErrorCode())
}

// Missing is the right that the caller lacks, where AWS refused a call for that.
func Missing(err error) (denial.Denial, bool) {
	api, ok := Answer(err)
	if !ok || !denial.IsCode(api.ErrorCode()) {
		return denial.Denial{}, false
	}
	return denial.Parse(api.ErrorMessage(), Action(err)), true
}

// Throttled reports whether AWS, or the SDK on its behalf, wants fewer calls.
func Throttled(err error) bool {
	var quota ratelimit.QuotaExceededError
	return errors.As(err, &quota) ||
		retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary
}

// ServerFault reports whether AWS failed inside.
func ServerFault(err error) bool {
	var response interface{ HTTPStatusCode() int }
	return errors.As(err, &response) && response.HTTPStatusCode() >= 500
}

// definitionGone matches ECS's words about a task definition that is deregistered, or deleted: there is no code of its
// own for either.
var definitionGone = regexp.MustCompile(`(?i)task ?definition (is inactive|not found)`)

// DefinitionGone reports whether ECS refused to start tasks, or a service, because the task definition was taken away.
func DefinitionGone(err error) bool {
	api, ok := Answer(err)
	return ok && slices.Contains([]string{"ClientException", "InvalidParameterException"}, api.ErrorCode()) &&
		definitionGone.MatchString(api.ErrorMessage())
}

// NoCredentials reports whether a call was not sent because there was nothing to sign it with.
func NoCredentials(err error) bool {
	var signing *v4.SigningError
	if errors.As(err, &signing) {
		return true
	}
	var canceled *aws.RequestCanceledError
	var identity interface{ ErrorCode() string }
	if errors.As(err, &canceled) || errors.As(err, &identity) {
		return false
	}
	var op *smithy.OperationError
	return errors.As(err, &op) && strings.HasPrefix(op.Err.Error(), "get identity:")
}

// iamPrefix is how IAM writes the SDK's service ids.
var iamPrefix = map[string]string{
	"CloudWatch Logs": "logs", "EC2": "ec2", "ECS": "ecs", "IAM": "iam", "Secrets Manager": "secretsmanager",
	"STS": "sts",
	"SQS": "sqs", "SSM": "ssm", "Service Quotas": "servicequotas", "EventBridge": "events", "ECR": "ecr",
}

// Action is the IAM action of the call that failed, such as iam:CreateRole.
func Action(err error) string {
	var op *smithy.OperationError
	if !errors.As(err, &op) {
		return "the call"
	}
	prefix, ok := iamPrefix[op.ServiceID]
	if !ok {
		prefix = strings.ToLower(op.ServiceID)
	}
	return prefix + ":" + op.OperationName
}
