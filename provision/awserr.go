package provision

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"

	"ecsctl/internal/denial"
	"ecsctl/internal/hint"
)

// iamPrefix is how IAM writes the SDK's service ids.
var iamPrefix = map[string]string{
	"CloudWatch Logs": "logs", "EC2": "ec2", "ECS": "ecs", "IAM": "iam", "Secrets Manager": "secretsmanager", "STS": "sts",
	"SQS": "sqs", "Service Quotas": "servicequotas", "EventBridge": "events", "ECR": "ecr",
}

// explain turns an error of the AWS SDK into one sentence that says what could not
// be done and why, with a hint where there is something to do about it.
func explain(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return awsError{doing, "it was interrupted", err}
	case errors.Is(err, context.DeadlineExceeded):
		return awsError{doing, "the time for it was up", err}
	}
	if isCredentialsError(err) {
		return hint.Add(awsError{doing, "no AWS credentials were found", err},
			"sign in with `aws sso login` or `aws configure`, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return explainCode(doing, action(err), api, err)
	}
	var dns *net.DNSError
	var op *net.OpError
	if errors.As(err, &dns) || errors.As(err, &op) {
		return hint.Add(awsError{doing, "AWS could not be reached", err}, "check the network, the proxy settings and that the region exists")
	}
	return awsError{doing, err.Error(), err}
}

func explainCode(doing, action string, api smithy.APIError, err error) error {
	if denial.IsCode(api.ErrorCode()) {
		return hint.Add(awsError{doing, "AWS refused " + action + ": " + api.ErrorMessage(), err},
			"ask for a policy that allows "+denial.Parse(api.ErrorMessage(), action).Action+" on what the message names")
	}
	switch code := api.ErrorCode(); code {
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired":
		return hint.Add(awsError{doing, "the AWS credentials have expired", err}, "sign in again, for example with `aws sso login`, and run the same command")
	case "InvalidClientTokenId", "UnrecognizedClientException", "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure":
		return hint.Add(awsError{doing, "AWS does not accept the credentials (" + code + ")", err}, "check AWS_PROFILE and the access key, and that the machine's clock is right")
	}
	if isThrottle(err) {
		return hint.Add(awsError{doing, "AWS kept throttling " + action, err}, "run the same command again in a minute: it goes on where it stopped")
	}
	if isServerFault(err) {
		return hint.Add(awsError{doing, "AWS failed at " + action + " (" + api.ErrorCode() + ": " + api.ErrorMessage() + ")", err}, "run the same command again in a minute: it goes on where it stopped")
	}
	return awsError{doing, api.ErrorMessage() + " (" + api.ErrorCode() + ")", err}
}

// awsError has our words and the SDK's error below them, for errors.As.
type awsError struct {
	doing, why string
	err        error
}

func (e awsError) Error() string { return "failed to " + e.doing + ": " + strings.TrimSpace(e.why) }
func (e awsError) Unwrap() error { return e.err }

// action is the IAM action of the call that failed, such as iam:CreateRole.
func action(err error) string {
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

func isCredentialsError(err error) bool {
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

func isThrottle(err error) bool {
	var quota ratelimit.QuotaExceededError
	return errors.As(err, &quota) || retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary
}

func isServerFault(err error) bool {
	var response interface{ HTTPStatusCode() int }
	return errors.As(err, &response) && response.HTTPStatusCode() >= 500
}

// hasCode tells whether err is an AWS error with one of the codes.
func hasCode(err error, codes ...string) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	for _, code := range codes {
		if api.ErrorCode() == code {
			return true
		}
	}
	return false
}
