package provision

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"

	"ecsctl/internal/aws/answers"
	"ecsctl/internal/aws/ec2calls"
	"ecsctl/internal/aws/ecrcalls"
	"ecsctl/internal/aws/ecscalls"
	"ecsctl/internal/aws/eventscalls"
	"ecsctl/internal/aws/iamcalls"
	"ecsctl/internal/aws/logscalls"
	"ecsctl/internal/aws/s3calls"
	"ecsctl/internal/aws/secretscalls"
	"ecsctl/internal/aws/sqscalls"
	"ecsctl/internal/aws/ssmcalls"
	"ecsctl/internal/directly"
	"ecsctl/prefect"
)

// Clients reach the far ends. Tests change their endpoints, not their types.
type Clients struct {
	Region string
	// Endpoint is where AWS's API is, if it is not AWS's own: that of a sandbox.
	Endpoint string
	// FIPS reports whether calls go to AWS's FIPS endpoints (AWS_USE_FIPS_ENDPOINT): images do then, too.
	FIPS bool

	IAM     *iamcalls.Client
	ECR     *ecrcalls.Client
	ECS     *ecscalls.Client
	EC2     *ec2calls.Client
	Logs    *logscalls.Client
	Secrets *secretscalls.Client
	SSM     *ssmcalls.Client
	SQS     *sqscalls.Client
	Events  *eventscalls.Client
	S3      *s3calls.Client
	STS     *sts.Client
	Prefect *prefect.Client

	identity *memory
}

// memory is who the clients are, once AWS has said so.
type memory struct {
	mu    sync.Mutex
	known Identity
}

// maxAttempts is how often the SDK sends a call that AWS throttles or fails with a
// 5xx. Bootstrap makes a few dozen calls at once; the SDK's own 3 give up too soon
// in an account where others are busy. AWS_MAX_ATTEMPTS overrides it.
const maxAttempts = 6

// NewClients loads the AWS configuration as every AWS tool does (environment,
// profiles, SSO, container and instance roles). region and profile may be empty.
func NewClients(ctx context.Context, region, profile string, api *prefect.Client, log *slog.Logger) (*Clients, error) {
	cfg, err := LoadAWSConfig(ctx, region, profile, log)
	if err != nil {
		return nil, err
	}
	return ClientsFor(cfg, api), nil
}

// ClientsFor makes the clients of an AWS configuration.
func ClientsFor(cfg aws.Config, api *prefect.Client) *Clients {
	cfg = cfg.Copy()
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), answers.OneLook)
	c := &Clients{
		identity: &memory{},
		Region:   cfg.Region,
		Endpoint: aws.ToString(cfg.BaseEndpoint),
		IAM:      iamcalls.New(cfg, again),
		ECS:      ecscalls.New(cfg, func(o *ecs.Options) { o.Retryer = noWait(o.Retryer) }),
		EC2:      ec2calls.New(cfg),
		Logs:     logscalls.New(cfg, func(o *cloudwatchlogs.Options) { o.Retryer = noWait(o.Retryer) }),
		Secrets:  secretscalls.New(cfg, func(o *secretsmanager.Options) { o.Retryer = noWait(o.Retryer) }),
		SSM:      ssmcalls.New(cfg),
		SQS:      sqscalls.New(cfg),
		Events:   eventscalls.New(cfg, func(o *eventbridge.Options) { o.Retryer = noWait(o.Retryer) }),
		S3:       s3calls.New(cfg),
		STS:      sts.NewFromConfig(cfg),
		Prefect:  api,
	}
	c.ECR = ecrcalls.New(cfg, func(o *ecr.Options) {
		o.Retryer = noWait(o.Retryer)
		c.FIPS = o.EndpointOptions.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled
	})
	return c
}

// registryHost is where images of a repository of ECR are pushed to.
func (c *Clients) registryHost(uri string) string {
	if !c.FIPS {
		return uri
	}
	return strings.Replace(uri, ".dkr.ecr.", ".dkr.ecr-fips.", 1)
}

// again repeats what IAM refuses because something else writes the same role at that moment,
// which the SDK takes for final (docs/aws-notes.md).
func again(o *iam.Options) { o.Retryer = retry.AddWithErrorCodes(o.Retryer, "ConcurrentModification") }

// directClient asks for a task's credentials without a proxy.
func directClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.Proxy = directly.Proxy })
}

// LoadAWSConfig loads the AWS configuration; region and profile override what it finds.
func LoadAWSConfig(ctx context.Context, region, profile string, log *slog.Logger) (aws.Config, error) {
	// The SDK's own warnings are for whoever looks into something, not for everybody.
	sdkLog := logging.LoggerFunc(func(_ logging.Classification, format string, args ...any) {
		log.DebugContext(ctx, "aws sdk: "+fmt.Sprintf(format, args...))
	})
	options := []func(*config.LoadOptions) error{config.WithLogger(sdkLog), config.WithHTTPClient(directClient()),
		config.WithAPIOptions(append(answers.Options(), answers.Refused, answers.Traced(log))),
		// The endpoint of a task's credentials has a client of its own.
		config.WithEndpointCredentialOptions(func(o *endpointcreds.Options) {
			o.HTTPClient, o.APIOptions = directClient(), answers.Options()
		})}
	named := cmp.Or(profile, os.Getenv("AWS_PROFILE"))
	mfa := codesOf(ctx)
	asking, asked := mfa.option(ctx, cmp.Or(named, "default"))
	options = append(options, asking)
	if region != "" {
		options = append(options, config.WithRegion(region))
	}
	if profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	if os.Getenv("AWS_MAX_ATTEMPTS") == "" {
		options = append(options, config.WithRetryMaxAttempts(maxAttempts))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return aws.Config{}, configError(profile, err)
	}
	if asked() {
		cfg.Credentials = mfa.keep(named, cfg.Credentials)
	}
	cfg.Credentials = tellingProvider{cfg.Credentials, named}
	return cfg, nil
}
