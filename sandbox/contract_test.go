package sandbox_test

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"ecsctl/internal/aws/answers"
	"ecsctl/sandbox"
)

// The contract tests say what AWS does. They run against the sandbox, and with
// ECSCTL_CONTRACT_ENDPOINT set against whatever answers there, such as moto.
// Every test makes its own things under names of its own and takes them away again.

// motoDeviates names the tests that moto 5.2.5 fails, and what AWS does instead.
var motoDeviates = map[string]string{
	"TestDefaultGroupStays":             "moto deletes the group called default; AWS answers CannotDelete",
	"TestDefaultRouteGoesToTheInternet": "moto's default VPC has no internet gateway and no default route",
	"TestDeletedSecretSaysSo": "moto has other words, and writes to deleted secrets; AWS answers " +
		"InvalidRequestException",
	"TestMalformedTrustPolicy":          "moto takes any trust policy; AWS answers MalformedPolicyDocument",
	"TestNewestTaskDefinitionFirst":     "moto lists task definitions in one order only",
	"TestSidsThatIAMRefuses":            "moto takes any Sid; AWS answers MalformedPolicyDocument",
	"TestRoleNamesThatIAMRefuses":       "moto takes any role name; AWS answers ValidationError",
	"TestTaskDefinitionsThatECSRefuses": "moto checks neither sizes nor roles nor names; AWS answers ClientException",
	"TestTwoWildcardsInARow": "moto takes ** in a wildcard; AWS answers InvalidEventPatternException " +
		"(EventBridge User Guide, Comparison operators)",
	"TestClientTokenStartsOneTask": "moto ignores clientToken and starts another task",
	"TestDeploymentsOfAService":    "moto does not answer deploymentConfiguration, and updates no deployment",
	"TestClusterWithAServiceIsNotDeleted": "moto deletes clusters with services; AWS answers " +
		"ClusterContainsServicesException",
	"TestServiceNameIsTaken": "moto makes a second service of the same name; AWS answers " +
		"InvalidParameterException",
	"TestServiceTokenMakesOneService": "moto ignores clientToken of CreateService and makes another service",
	"TestMissingTaskIsAFailure":       "moto leaves out tasks that are not there; AWS lists them as failures",
	"TestInactiveServiceIsNotUpdated": "moto updates deleted services; AWS answers ServiceNotActiveException",
	"TestRetentionTakesOnlySomeDays":  "moto takes any number of days; AWS answers InvalidParameterException",
	"TestQueueAttributesThatSQSRefuses": "moto takes any attribute and value; AWS answers InvalidAttributeValue " +
		"and InvalidAttributeName (API_SetQueueAttributes)",
	"TestImmutableTagStays": "moto answers ImageAlreadyExistsException; AWS answers " +
		"ImageTagAlreadyExistsException (API_PutImage)",
	"TestTagMovesToTheNewerImage": "moto deletes the image that loses its last tag; AWS keeps it untagged",
	"TestImagesComeInPages":       "moto ignores maxResults of DescribeImages",
	"TestRepositoriesComeInPages": "moto ignores maxResults of DescribeRepositories",
	"TestSizeOfAnImage": "moto takes the configuration's size for the image's; AWS counts the " +
		"layers (API_ImageDetail)",
	"TestAuthorizationToken": "moto's token has expired; AWS's is good for 12 hours " +
		"(API_GetAuthorizationToken)",
	"TestRepositorySettings": "moto keeps scanOnPush when it is left out; on AWS its default is false " +
		"(API_ImageScanningConfiguration)",
	"TestLifecyclePoliciesThatECRRefuses": "moto takes unknown keys; AWS answers InvalidParameterException",
	"TestBucketNamesThatS3Refuses": "moto takes any name; AWS answers InvalidBucketName (S3 User Guide, " +
		"Bucket naming rules)",
	"TestUnknownFilterIsRefused": "moto answers 500; AWS answers InvalidParameterValue",
}

// clients are real SDK clients of one endpoint.
type clients struct {
	sts     *sts.Client
	iam     *iam.Client
	ec2     *ec2.Client
	logs    *cloudwatchlogs.Client
	secrets *secretsmanager.Client
	ecs     *ecs.Client
	sqs     *sqs.Client
	events  *eventbridge.Client
	ecr     *ecr.Client
	s3      *s3.Client
	server  *sandbox.Server // nil when the endpoint is not a sandbox of this test
}

// contract starts a sandbox for one test, or goes to the given endpoint.
func contract(t *testing.T) *clients {
	t.Helper()
	endpoint := os.Getenv("ECSCTL_CONTRACT_ENDPOINT")
	if endpoint == "" {
		return start(t, sandbox.Options{Functions: map[string]sandbox.Function{"busybox": sleep}})
	}
	if reason, ok := motoDeviates[t.Name()]; ok {
		t.Skip(reason)
	}
	t.Log("contract of " + endpoint) // is counted in e2e
	return newClients(t, endpoint, "us-east-1", "CONTRACT", "secret")
}

// sleep plays the container of a sleeper, until it is stopped.
func sleep(ctx context.Context, _ []string) int {
	<-ctx.Done()
	return 143
}

// start runs a sandbox for the length of a test.
func start(t *testing.T, opts sandbox.Options) *clients {
	t.Helper()
	if opts.Volumes == nil {
		opts.Volumes = shell()
	}
	server, err := sandbox.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	region := opts.Region
	if region == "" {
		region = "us-east-1"
	}
	c := newClients(t, server.URL(), region, "SANDBOX", server.SecretAccessKey())
	c.server = server
	return c
}

func newClients(t *testing.T, endpoint, region, key, secret string) *clients {
	t.Helper()
	return clientsWith(t, endpoint, region, credentials.NewStaticCredentialsProvider(key, secret, ""))
}

func clientsWith(t *testing.T, endpoint, region string, caller aws.CredentialsProvider) *clients {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context(),
		config.WithAPIOptions(answers.Options()),
		config.WithRegion(region), config.WithBaseEndpoint(endpoint), config.WithCredentialsProvider(caller),
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }))
	if err != nil {
		t.Fatal(err)
	}
	return &clients{
		sts: sts.NewFromConfig(cfg), iam: iam.NewFromConfig(cfg), ec2: ec2.NewFromConfig(cfg),
		logs: cloudwatchlogs.NewFromConfig(cfg), secrets: secretsmanager.NewFromConfig(cfg),
		ecs: ecs.NewFromConfig(cfg),
		sqs: sqs.NewFromConfig(cfg), events: eventbridge.NewFromConfig(cfg), ecr: ecr.NewFromConfig(cfg),
		s3: s3.NewFromConfig(cfg),
	}
}

// unique makes a name that no other test or run uses.
func unique(prefix string) *string {
	return aws.String(prefix + "-" + strings.ToLower(rand.Text()[:10]))
}

// wantCode fails unless err is an AWS error with the code.
func wantCode(t *testing.T, err error, code string) smithy.APIError {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) {
		t.Fatalf("got error %v, want code %s", err, code)
	}
	if api.ErrorCode() != code {
		t.Fatalf("got code %s (%s), want %s", api.ErrorCode(), api.ErrorMessage(), code)
	}
	return api
}

// asError is errors.As for a type of error.
func asError[E error](err error, target *E) bool { return errors.As(err, target) }

// wantMessage also compares the text.
func wantMessage(t *testing.T, err error, code, message string) {
	t.Helper()
	if got := wantCode(t, err, code).ErrorMessage(); !strings.Contains(got, message) {
		t.Fatalf("got message %q, want one with %q", got, message)
	}
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// afterwards cleans up when the test is over; its own context has ended by then.
func afterwards(t *testing.T, f func(context.Context)) {
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() { f(ctx) })
}

// eventually polls until ok, at most for ten seconds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(5 * time.Minute) // only what hangs takes as long
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		case <-t.Context().Done():
			t.Fatalf("ended while waiting for %s", what)
		case <-tick.C:
		}
	}
}
