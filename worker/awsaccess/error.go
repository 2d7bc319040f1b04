package awsaccess

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"

	"github.com/aws/smithy-go"

	"ecsctl/internal/awserr"
	"ecsctl/internal/denial"
	"ecsctl/internal/diagnose"
	"ecsctl/internal/hint"
	"ecsctl/templates"
)

// Explain words an error of the AWS SDK for the state of a run and the worker's log.
func Explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	api, answered := awserr.Answer(err)
	if awserr.FromEndpoint(err) {
		return &awserr.Error{What: "failed to " + doing, Why: "there were no credentials to ask AWS with: the " +
			"container's credentials endpoint answered " + Innermost(err).Error(), Err: err}
	}
	if !answered {
		return &awserr.Error{What: "failed to " + doing, Why: "AWS could not be asked: " +
			Innermost(err).Error(), Err: err}
	}
	why := strings.TrimSpace(api.ErrorMessage())
	if why == "" {
		why = api.ErrorCode()
	} else {
		why += " (" + api.ErrorCode() + ")"
	}
	return withAdvice(&awserr.Error{What: "failed to " + doing, Why: why, Err: err}, api, err)
}

// Innermost is the part of an error that says something: those above it repeat the
// action, the endpoint and request ids.
func Innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		var op *net.OpError
		if next == nil || errors.As(err, &op) && !errors.As(next, &op) {
			return err
		}
		err = next
	}
}

func withAdvice(e *awserr.Error, api smithy.APIError, err error) error {
	found, known := diagnose.Text(api.ErrorMessage())
	if missing, ok := awserr.Missing(err); ok {
		advice := deniedAdvice(missing)
		if strings.Contains(api.ErrorMessage(), "iam:PassRole") {
			return hint.Add(e, found.String(), advice)
		}
		return hint.Add(e, advice)
	}
	switch api.ErrorCode() {
	case "ClusterNotFoundException":
		return hint.Add(e, "check the job variable cluster, and that the cluster is in the worker's region")
	case "ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException":
		return hint.Add(e, "AWS does not take the credentials: check the AwsCredentials block, or what the worker "+
			"runs with")
	}
	if known && strings.HasPrefix(awserr.Action(err), "ecs:") {
		return hint.Add(e, found.String())
	}
	return e
}

// deniedAdvice names the statement of the worker's policy that allows what was missed.
func deniedAdvice(d denial.Denial) string {
	if d.Limit != "" {
		return d.Advice()
	}
	advice := "the worker's role needs a policy that allows " + d.Action + " on what the message names"
	if sids := templates.Sids(templates.WorkerPolicy, d.Action, d.Resource); len(sids) > 0 {
		advice += ", as the statement " + strings.Join(sids, " or ") + " of `ecsctl policy worker` does"
	}
	return advice
}

// Sentence is an error with its advice, for a state message.
func Sentence(err error) string {
	text := err.Error()
	if advice := hint.Of(err); len(advice) > 0 {
		text += fmt.Sprintf(" (%s)", strings.Join(advice, "; "))
	}
	return text
}

// Passing reports whether AWS may take the same call later: it throttles, fails inside,
// was not reached, or does not see a new role yet.
func Passing(err error) bool {
	var op *smithy.OperationError
	var fallen *NotSentError
	if errors.Is(err, context.Canceled) || !errors.As(err, &op) || errors.As(err, &fallen) {
		return false
	}
	if awserr.Throttled(err) || awserr.ServerFault(err) {
		return true
	}
	api, answered := awserr.Answer(err)
	if !answered {
		return true // no answer: the network, or where the credentials come from
	}
	return RoleIsNew(api)
}

// newRole matches what ECS says of a role that it cannot see or assume yet. IAM is
// eventually consistent, and there is no code of its own for it.
var newRole = regexp.MustCompile(`(?i)unable to assume|cannot be assumed`)

// RoleIsNew reports whether AWS does not know a role yet because it was just made.
func RoleIsNew(api smithy.APIError) bool {
	return (api.ErrorCode() == "ClientException" || api.ErrorCode() == "InvalidParameterException") &&
		newRole.MatchString(api.ErrorMessage())
}
