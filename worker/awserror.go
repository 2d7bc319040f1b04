package worker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"

	"ecsctl/internal/denial"
	"ecsctl/internal/diagnose"
	"ecsctl/internal/hint"
	"ecsctl/templates"
)

// awsError says what could not be done and why, in one sentence without request ids;
// the SDK's error is below it.
type awsError struct {
	doing, why string
	err        error
}

func (e *awsError) Error() string { return "failed to " + e.doing + ": " + e.why }
func (e *awsError) Unwrap() error { return e.err }

// explain words an error of the AWS SDK for the state of a run and the worker's log.
func explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return &awsError{doing, "AWS could not be asked: " + innermost(err).Error(), err}
	}
	why := strings.TrimSpace(api.ErrorMessage())
	if why == "" {
		why = api.ErrorCode()
	} else {
		why += " (" + api.ErrorCode() + ")"
	}
	return withAdvice(&awsError{doing, why, err}, api, err)
}

// innermost is the part of an error that says something: those above it repeat the
// action, the endpoint and request ids.
func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		var op *net.OpError
		if next == nil || errors.As(err, &op) && !errors.As(next, &op) {
			return err
		}
		err = next
	}
}

func withAdvice(e *awsError, api smithy.APIError, err error) error {
	found, known := diagnose.Text(api.ErrorMessage())
	if denial.IsCode(api.ErrorCode()) {
		advice := deniedAdvice(denial.Parse(api.ErrorMessage(), actionOf(err)))
		if strings.Contains(api.ErrorMessage(), "iam:PassRole") {
			return hint.Add(e, found.String(), advice)
		}
		return hint.Add(e, advice)
	}
	switch api.ErrorCode() {
	case "ClusterNotFoundException":
		return hint.Add(e, "check the job variable cluster, and that the cluster is in the worker's region")
	case "ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException":
		return hint.Add(e, "AWS does not take the credentials: check the AwsCredentials block, or what the worker runs with")
	}
	if known && strings.HasPrefix(actionOf(err), "ecs:") {
		return hint.Add(e, found.String())
	}
	return e
}

// deniedAdvice names the statement of the worker's policy that allows what was missed.
func deniedAdvice(d denial.Denial) string {
	advice := "the worker's role needs a policy that allows " + d.Action + " on what the message names"
	if sids := templates.Sids(templates.WorkerPolicy, d.Action); len(sids) > 0 {
		advice += ", as the statement " + strings.Join(sids, " or ") + " of `ecsctl policy worker` does"
	}
	return advice
}

// actionOf is the IAM action of the call that failed.
func actionOf(err error) string {
	var op *smithy.OperationError
	if !errors.As(err, &op) {
		return "the call"
	}
	service := strings.ToLower(op.ServiceID)
	if service == "cloudwatch logs" {
		service = "logs"
	}
	return service + ":" + op.OperationName
}

// sentence is an error with its advice, for a state message.
func sentence(err error) string {
	text := err.Error()
	if advice := hint.Of(err); len(advice) > 0 {
		text += fmt.Sprintf(" (%s)", strings.Join(advice, "; "))
	}
	return text
}

// passing tells whether AWS may take the same call later: it throttles, fails inside,
// was not reached, or does not see a new role yet.
func passing(err error) bool {
	var op *smithy.OperationError
	var fallen *claimError
	if errors.Is(err, context.Canceled) || !errors.As(err, &op) || errors.As(err, &fallen) {
		return false
	}
	if isThrottle(err) {
		return true
	}
	var response interface{ HTTPStatusCode() int }
	if errors.As(err, &response) && response.HTTPStatusCode() >= 500 {
		return true
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return true // no answer: the network, or where the credentials come from
	}
	return roleIsNew(api)
}

// isThrottle tells whether AWS, or the SDK on its behalf, wants fewer calls.
func isThrottle(err error) bool {
	var quota ratelimit.QuotaExceededError
	return errors.As(err, &quota) || retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary
}

// newRole matches what ECS says of a role that it cannot see or assume yet. IAM is
// eventually consistent, and there is no code of its own for it.
var newRole = regexp.MustCompile(`(?i)unable to assume|cannot be assumed`)

func roleIsNew(api smithy.APIError) bool {
	return (api.ErrorCode() == "ClientException" || api.ErrorCode() == "InvalidParameterException") && newRole.MatchString(api.ErrorMessage())
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
