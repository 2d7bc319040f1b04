package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"

	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
)

// credentialsError is why there are no credentials to sign a call with.
type credentialsError struct {
	profile string // the one that was asked for; "" is none
	err     error
}

func (e *credentialsError) Error() string { return e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

// tellingProvider marks what goes wrong with credentials, so that it is not taken for what goes wrong with the call.
type tellingProvider struct {
	aws.CredentialsProvider
	profile string
}

// Retrieve implements aws.CredentialsProvider.
func (p tellingProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	found, err := p.CredentialsProvider.Retrieve(ctx)
	if err != nil && ctx.Err() == nil {
		err = &credentialsError{p.profile, err}
	}
	return found, err
}

// explainCredentials is for calls that could not be signed.
func explainCredentials(what string, e *credentialsError) error {
	why, advice := e.reason()
	return hint.Add(&awserr.Error{What: what, Why: why, Err: e}, advice)
}

// Names of environment variables of AWS's tools.
const (
	keyVariable, secretVariable = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
	tokenFileVariable           = "AWS_WEB_IDENTITY_TOKEN_FILE"
)

// reason says what is wrong with the credentials, and what to type.
func (e *credentialsError) reason() (why, advice string) {
	text := strings.TrimPrefix(e.err.Error(), "failed to refresh cached credentials, ")
	var sso *ssocreds.InvalidTokenError
	var process *processcreds.ProviderError
	switch {
	case errors.As(e.err, &sso), strings.Contains(text, "SSO"):
		return "the SSO session has expired, or nobody has signed in yet",
			"sign in with `aws sso login" + e.flag() + "` and run the same command again"
	case errors.As(e.err, &process):
		return "credential_process of the profile failed: " + innermost(e.err),
			"run the program that `aws configure get credential_process" + e.flag() + "` prints, and see what it says"
	case strings.Contains(text, "retrieve jwt"):
		return "there is no web identity token: " + innermost(e.err), "check the path in " + tokenFileVariable +
			" or the profile's web_identity_token_file; in Kubernetes that the service account has its role, in CI " +
			"that the job may have an identity token"
	case strings.Contains(text, "no EC2 IMDS role found"):
		return nothingFound()
	case strings.Contains(text, "failed to load credentials"):
		return "the endpoint of the container's credentials did not give any: " + innermost(e.err),
			"check AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
	}
	if api, ok := awserr.Answer(e.err); ok && strings.Contains(api.ErrorMessage(), "MultiFactorAuthentication") {
		return fmt.Sprintf("AWS did not accept the MFA code: %s (%s)", api.ErrorMessage(), api.ErrorCode()),
			"run the same command again with the device's next code: each is good for one session; check mfa_serial " +
				"of the profile with `aws configure get mfa_serial" + e.flag() + "`"
	} else if ok {
		return fmt.Sprintf("AWS gave no credentials: %s (%s)", api.ErrorMessage(), api.ErrorCode()),
			"check the profile's role_arn and the role's trust policy with `aws sts get-caller-identity" +
				e.flag() + "`"
	}
	return "the AWS credentials could not be read: " + text, "see what `aws sts get-caller-identity" +
		e.flag() + "` says"
}

// flag names the profile to the AWS CLI.
func (e *credentialsError) flag() string {
	if e.profile == "" {
		return ""
	}
	return " --profile " + e.profile
}

// nothingFound is for where no place has credentials; half a pair in the environment counts as none.
func nothingFound() (why, advice string) {
	for _, pair := range [][2]string{{keyVariable, secretVariable}, {secretVariable, keyVariable}} {
		if os.Getenv(pair[0]) != "" && os.Getenv(pair[1]) == "" {
			return pair[0] + " is set and " + pair[1] + " is not: half a pair counts as none", "set " + pair[1] +
				" too, or unset " + pair[0]
		}
	}
	return "no AWS credentials were found", "sign in with `aws sso login` or `aws configure`, or set AWS_PROFILE or " +
		keyVariable + " and " + secretVariable
}

// innermost is what went wrong at the bottom, without what the layers above it say.
func innermost(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return strings.Join(strings.Fields(err.Error()), " ")
		}
		if _, path := err.(interface{ Timeout() bool }); path { //nolint:errorlint // its layer names it
			return err.Error()
		}
		err = inner
	}
}

// configError explains a configuration of AWS that cannot be loaded.
func configError(profile string, err error) error {
	profile = cmp.Or(profile, os.Getenv("AWS_PROFILE"))
	flag := (&credentialsError{profile: profile}).flag()
	const what = "failed to load the AWS configuration"
	var role config.SharedConfigAssumeRoleError
	text := strings.Join(strings.Fields(err.Error()), " ") // the SDK has no type for half a pair
	switch {
	case errors.As(err, &config.AssumeRoleTokenProviderNotSetError{}):
		why := fmt.Sprintf("the role of profile %q asks for an MFA code, and there is no terminal to ask at",
			cmp.Or(profile, "default"))
		return hint.Add(&awserr.Error{What: what, Why: why, Err: err},
			"let the AWS CLI ask: `eval \"$(aws configure export-credentials"+flag+" --format env)\"`, "+
				"and run the same command without --profile and AWS_PROFILE")
	case strings.Contains(text, "partial credentials"):
		return hint.Add(&awserr.Error{What: what, Why: "the profile has only one of aws_access_key_id and " +
			"aws_secret_access_key", Err: err}, "write both with `aws configure"+flag+"`")
	case errors.As(err, &role):
		return hint.Add(&awserr.Error{What: what, Why: role.Error(), Err: err},
			"check source_profile and credential_source of the profile in ~/.aws/config")
	}
	return hint.Add(&awserr.Error{What: what, Why: text, Err: err},
		"name an existing profile with --profile or AWS_PROFILE: `aws configure list-profiles`")
}
