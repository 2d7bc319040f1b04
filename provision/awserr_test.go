package provision

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
)

// answered is an error as the SDK gives it for an answer of AWS.
func answered(service, operation string, status int, code, message string) error {
	return &smithy.OperationError{ServiceID: service, OperationName: operation, Err: &awshttp.ResponseError{
		ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}},
			Err:      &smithy.GenericAPIError{Code: code, Message: message},
		},
	}}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err        error
		want, hint string
	}{
		"refused": {answered("IAM", "CreateRole", 403, "AccessDenied",
			"User x is not authorized to perform: iam:CreateRole on resource: y"),
			"failed to create it: AWS refused iam:CreateRole: User x is not authorized to perform: iam:CreateRole on " +
				"resource: y", "iam:CreateRole"},
		"refused by EC2": {answered("EC2", "CreateSecurityGroup", 403, "UnauthorizedOperation", "no"),
			"failed to create it: AWS refused ec2:CreateSecurityGroup: no", "ec2:CreateSecurityGroup"},
		"refused by logs": {answered("CloudWatch Logs", "CreateLogGroup", 400, "AccessDeniedException", "no"),
			"failed to create it: AWS refused logs:CreateLogGroup: no", "logs:CreateLogGroup"},
		"refused by secrets": {answered("Secrets Manager", "CreateSecret", 400, "AccessDeniedException", "no"),
			"failed to create it: AWS refused secretsmanager:CreateSecret: no", "secretsmanager:CreateSecret"},
		"expired": {answered("STS", "GetCallerIdentity", 403, "ExpiredToken", "x"),
			"failed to create it: the AWS credentials have expired", "aws sso login"},
		"unknown key": {answered("STS", "GetCallerIdentity", 403, "InvalidClientTokenId", "x"),
			"failed to create it: AWS does not accept the credentials (InvalidClientTokenId)", "AWS_PROFILE"},
		"throttled": {answered("ECS", "CreateService", 400, "ThrottlingException", "Rate exceeded"),
			"failed to create it: AWS kept throttling ecs:CreateService", "in a minute"},
		"internal": {answered("ECS", "CreateCluster", 500, "ServerException", "oops"),
			"failed to create it: AWS failed at ecs:CreateCluster (ServerException: oops)", "in a minute"},
		"anything else": {answered("ECS", "CreateCluster", 400, "InvalidParameterException", "bad name"),
			"failed to create it: bad name (InvalidParameterException)", ""},
		"unreachable": {&smithy.OperationError{
			ServiceID: "ECS", OperationName: "X", Err: &net.OpError{Op: "dial", Err: errors.New("refused")},
		},
			"failed to create it: AWS could not be reached", "network"},
		"no such host": {&smithy.OperationError{
			ServiceID: "ECS", OperationName: "X", Err: &net.DNSError{Name: "ecs.nowhere"},
		},
			"failed to create it: AWS could not be reached", "region exists"},
		"no credentials": {&smithy.OperationError{
			ServiceID: "STS", OperationName: "X", Err: &v4.SigningError{Err: errors.New("no EC2 IMDS role found")},
		},
			"failed to create it: no AWS credentials were found", "AWS_ACCESS_KEY_ID"},
		"no identity": {&smithy.OperationError{
			ServiceID: "STS", OperationName: "X", Err: fmt.Errorf("get identity: %w", errors.New("get credentials: x")),
		},
			"failed to create it: no AWS credentials were found", "aws configure"},
		"cancelled": {&smithy.OperationError{ServiceID: "ECS", OperationName: "X", Err: context.Canceled},
			"failed to create it: ", ""},
		"ours": {errors.New("something"), "failed to create it: something", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := explain("create it", test.err)
			if got == nil || !strings.HasPrefix(got.Error(), test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if !errors.Is(got, test.err) {
				t.Error("the cause is lost")
			}
			if test.hint == "" && len(hint.Of(got)) > 0 {
				t.Errorf("got hints %q", hint.Of(got))
			}
			if test.hint != "" {
				wantHint(t, got, test.hint)
			}
		})
	}
}

func TestExplainNothing(t *testing.T) {
	t.Parallel()
	if got := explain("create it", nil); got != nil {
		t.Errorf("got %v", got)
	}
}

// A cancelled call stays recognisable: the command line turns it into exit code 130.
func TestExplainKeepsCancellation(t *testing.T) {
	t.Parallel()
	err := explain("create it", &smithy.OperationError{Err: context.Canceled})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestHasCode(t *testing.T) {
	t.Parallel()
	err := explain("x", answered("IAM", "GetRole", 404, "NoSuchEntity", "gone"))
	if !awserr.HasCode(err, "Other", "NoSuchEntity") || awserr.HasCode(err, "Other") ||
		awserr.HasCode(errors.New("NoSuchEntity"), "NoSuchEntity") || awserr.HasCode(nil, "x") {
		t.Errorf("codes of %v are not told apart", err)
	}
}

func TestUnlessGone(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"NoSuchEntity", "ResourceNotFoundException", "InvalidGroup.NotFound",
		"ClusterNotFoundException", "ServiceNotFoundException"} {
		if err := unlessGone(answered("X", "Y", 400, code, "")); err != nil {
			t.Errorf("%s counts as a failure", code)
		}
	}
	if unlessGone(answered("X", "Y", 400, "DeleteConflict", "")) == nil {
		t.Error("DeleteConflict counts as gone")
	}
}
