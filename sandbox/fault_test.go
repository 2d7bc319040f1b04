package sandbox_test

import (
	"errors"
	"io"
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// readers make one read call of each service.
func (c *clients) readers(t *testing.T) map[string]func() error {
	ctx := t.Context()
	return map[string]func() error{
		"sts": func() error {
			_, err := c.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
			return err
		},
		"iam": func() error { _, err := c.iam.ListRoles(ctx, &iam.ListRolesInput{}); return err },
		"ec2": func() error { _, err := c.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{}); return err },
		"logs": func() error {
			_, err := c.logs.DescribeLogGroups(ctx, &logs.DescribeLogGroupsInput{})
			return err
		},
		"secretsmanager": func() error {
			_, err := c.secrets.ListSecrets(ctx, &secretsmanager.ListSecretsInput{})
			return err
		},
		"ecs": func() error { _, err := c.ecs.ListClusters(ctx, &ecs.ListClustersInput{}); return err },
	}
}

func TestFaultsHaveTheCodesOfTheirService(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	for service, call := range c.readers(t) {
		codes := map[string][4]string{ // throttle, server error, access denied, expired token
			"sts": {"Throttling", "InternalFailure", "AccessDenied", "ExpiredToken"},
			"iam": {"Throttling", "ServiceFailure", "AccessDenied", "ExpiredToken"},
			"ec2": {"RequestLimitExceeded", "InternalError", "UnauthorizedOperation", "RequestExpired"},
			"logs": {"ThrottlingException", "ServiceUnavailableException", "AccessDeniedException",
				"ExpiredTokenException"},
			"secretsmanager": {"ThrottlingException", "InternalServiceError", "AccessDeniedException",
				"ExpiredTokenException"},
			"ecs": {"ThrottlingException", "ServerException", "AccessDeniedException", "ExpiredTokenException"},
		}[service]
		for i, kind := range []fault.Kind{fault.Throttle, fault.ServerError, fault.AccessDenied, fault.ExpiredToken} {
			c.server.AddFault(fault.Fault{Service: service, Kind: kind})
			wantCode(t, call(), codes[i])
		}
		if err := call(); err != nil {
			t.Errorf("%s: the fault is still there: %v", service, err)
		}
	}
}

func TestFaultSkipsAndRepeats(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	call := c.readers(t)["ecs"]
	c.server.AddFault(fault.Fault{Operation: "ListClusters", Skip: 1, Times: 2, Kind: fault.Throttle})
	var got []bool
	for range 5 {
		got = append(got, call() == nil)
	}
	if diff := cmp.Diff([]bool{true, false, false, true, true}, got); diff != "" {
		t.Error(diff)
	}
	c.server.AddFault(fault.Fault{Service: "iam", Times: -1, Kind: fault.Throttle})
	if err := call(); err != nil {
		t.Errorf("a fault of iam hit ecs: %v", err)
	}
	c.server.ClearFaults()
	if err := c.readers(t)["iam"](); err != nil {
		t.Errorf("the fault is still there: %v", err)
	}
}

func TestDroppedAnswers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		kind fault.Kind
		made int
	}{"before the work": {fault.DropBefore, 0}, "after the work": {fault.DropAfter, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, sandbox.Options{})
			c.server.AddFault(fault.Fault{Operation: "CreateCluster", Kind: tc.kind})
			_, err := c.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{})
			var dropped *url.Error
			if !errors.As(err, &dropped) || !errors.Is(err, io.EOF) {
				t.Errorf("got %v, want the connection to end", err)
			}
			if got := must(c.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{}))(t).ClusterArns; len(
				got) != tc.made {
				t.Errorf("got clusters %v", got)
			}
		})
	}
}

func TestLatency(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	c.server.AddFault(fault.Fault{Kind: fault.Latency, Latency: 50 * time.Millisecond})
	begin := time.Now()
	if err := c.readers(t)["sts"](); err != nil || time.Since(begin) < 50*time.Millisecond {
		t.Errorf("got %v after %v", err, time.Since(begin))
	}
}

func TestExpiredCredentials(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	expired := newClients(t, c.server.URL(), "us-east-1", "EXPIRED1", c.server.SecretAccessKey())
	_, err := expired.sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	wantMessage(t, err, "ExpiredToken", "The security token included in the request is expired")
	_, err = expired.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})
	wantCode(t, err, "ExpiredTokenException")
}

func TestCallsAreRecordedInOrder(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	must(c.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{}))(t)
	_, err := c.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("none")})
	wantCode(t, err, "NoSuchEntity")
	want := []sandbox.Call{{Service: "ecs", Operation: "CreateCluster", Write: true},
		{Service: "iam", Operation: "GetRole"}}
	if diff := cmp.Diff(want, c.server.Calls()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[:1], c.server.Writes()); diff != "" {
		t.Error(diff)
	}
	c.server.ForgetCalls()
	if got := c.server.Calls(); len(got) != 0 {
		t.Errorf("got calls %v", got)
	}
}
