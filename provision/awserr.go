package provision

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/aws/smithy-go"

	"ecsctl/internal/aws/answers"
	"ecsctl/internal/awserr"
	"ecsctl/internal/cabundle"
	"ecsctl/internal/hint"
)

// explain turns an error of the AWS SDK into one sentence that says what could not
// be done and why, with a hint where there is something to do about it.
func explain(doing string, err error) error {
	return explainAs("failed to "+doing, err)
}

// explainAs is explain for what reads better without "failed to".
func explainAs(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return &awserr.Error{What: what, Why: "it was interrupted", Err: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &awserr.Error{What: what, Why: "timed out", Err: err}
	}
	var credentials *credentialsError
	if errors.As(err, &credentials) {
		return explainCredentials(what, credentials)
	}
	if awserr.NoCredentials(err) {
		return hint.Add(&awserr.Error{What: what, Why: "no AWS credentials were found", Err: err},
			"sign in with `aws sso login` or `aws configure`, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and "+
				"AWS_SECRET_ACCESS_KEY")
	}
	if api, ok := awserr.Answer(err); ok {
		return explainCode(what, awserr.Action(err), api, err)
	}
	if advice := cabundle.Advice(err); advice != "" {
		return hint.Add(&awserr.Error{What: what, Why: "this machine does not trust who answers in AWS's place: " +
			innermost(err), Err: err}, advice)
	}
	var dns *net.DNSError
	var op *net.OpError
	if errors.As(err, &dns) || errors.As(err, &op) {
		return unreachable(what, err)
	}
	return &awserr.Error{What: what, Why: err.Error(), Err: err}
}

// unreachable names the address, which may be one that AWS_ENDPOINT_URL or a profile sets.
func unreachable(what string, err error) error {
	cause, where := err, ""
	var op *net.OpError
	if errors.As(err, &op) {
		cause = op.Err
	}
	var call *url.Error
	if errors.As(err, &call) {
		if address, err := url.Parse(call.URL); err == nil {
			where = " at " + address.Scheme + "://" + address.Host
		}
	}
	told := &awserr.Error{What: what, Why: "AWS could not be reached" + where + ": " + innermost(cause), Err: err}
	if answers.RefusedHere(err) {
		return hint.Add(told, "if a sandbox was there, it has ended: start `ecsctl sandbox` and load what it prints",
			"for the real AWS, unset AWS_ENDPOINT_URL")
	}
	return hint.Add(told, "check the network, the proxy settings and that the region exists")
}

func explainCode(what, action string, api smithy.APIError, err error) error {
	if missing, ok := awserr.Missing(err); ok {
		advice := "ask for a policy that allows " + missing.Action + " on what the message names"
		if missing.Limit != "" {
			advice = missing.Advice()
		}
		return hint.Add(&awserr.Error{What: what, Why: "AWS refused " + action + ": " + api.ErrorMessage(), Err: err},
			advice)
	}
	if strings.Contains(api.ErrorMessage(), "tag policy") {
		return hint.Add(&awserr.Error{What: what, Why: "AWS refused " + action + ": " + api.ErrorMessage(), Err: err},
			"a tag policy of your organization wants other tags: name them with --tag, in its spelling")
	}
	if quota := usedUp(action, api.ErrorCode()); quota != "" {
		return hint.Add(&awserr.Error{What: what, Why: fmt.Sprintf("AWS's quota %q is used up: %s (%s)", quota,
			strings.TrimSuffix(api.ErrorMessage(), "."), api.ErrorCode()), Err: err},
			"delete what is not needed any more in this account and region, or ask for more in Service Quotas (quota "+
				quota+" of "+serviceOf(action)+"); then run the same command again: it goes on where it stopped")
	}
	switch code := api.ErrorCode(); code {
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired":
		return hint.Add(&awserr.Error{What: what, Why: "the AWS credentials have expired", Err: err},
			"sign in again, for example with `aws sso login`, and run the same command")
	case "InvalidClientTokenId", "UnrecognizedClientException", "InvalidSignatureException", "SignatureDoesNotMatch",
		"AuthFailure":
		return hint.Add(&awserr.Error{What: what, Why: "AWS does not accept the credentials (" + code + ")", Err: err},
			"check AWS_PROFILE and the access key, and that the machine's clock is right")
	}
	if awserr.Throttled(err) {
		return hint.Add(&awserr.Error{What: what, Why: "AWS kept throttling " + action, Err: err},
			"run the same command again in a minute: it continues where it stopped")
	}
	if awserr.ServerFault(err) {
		return hint.Add(&awserr.Error{
			What: what, Why: "AWS failed at " + action + " (" + api.ErrorCode() + ": " + api.ErrorMessage() +
				")", Err: err,
		}, "run the same command again in a minute: it continues where it stopped")
	}
	told := &awserr.Error{What: what, Why: api.ErrorMessage() + " (" + api.ErrorCode() + ")", Err: err}
	if linkedRoleRefused.MatchString(api.ErrorMessage()) {
		return hint.Add(told, linkedRoleHint)
	}
	return told
}
