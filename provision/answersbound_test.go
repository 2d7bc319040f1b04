package provision_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"ecsctl/internal/bounded"
	"ecsctl/provision"
)

// flood answers with 192 MiB, which count what was taken of them: as they are, or packed to a thousandth.
func flood(t *testing.T, status int, packed bool, taken *atomic.Int64) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var to io.Writer = w
		if packed {
			w.Header().Set("Content-Encoding", "gzip")
			pack := gzip.NewWriter(w)
			defer pack.Close()
			to = pack
		}
		begin := `{"message":"`
		if r.Header.Get("X-Amz-Target") == "" {
			begin = "<Answer>"
		}
		w.WriteHeader(status)
		piece := []byte(strings.Repeat("a", 1<<16))
		_, err := io.WriteString(to, begin)
		for range 192 << 4 {
			if err != nil {
				return // the client has had enough
			}
			_, err = to.Write(piece)
			taken.Add(int64(len(piece)))
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// Whatever is where AWS should be (AWS_ENDPOINT_URL, a proxy, a block's endpoint_url) gets no
// memory for what it answers. Before, each of these calls took all 192 MiB, and held them at once.
func TestAnswersOfAWSAreBounded(t *testing.T) {
	for name, way := range map[string]struct {
		status int
		packed bool
	}{"200": {200, false}, "400": {400, false}, "200, packed": {200, true}} {
		t.Run(name, func(t *testing.T) {
			var taken atomic.Int64
			for variable, value := range map[string]string{"AWS_ENDPOINT_URL": flood(t, way.status, way.packed, &taken),
				"AWS_ACCESS_KEY_ID":     "x",
				"AWS_SECRET_ACCESS_KEY": "y", "AWS_MAX_ATTEMPTS": "1", "AWS_CONFIG_FILE": "/dev/null",
				"AWS_SHARED_CREDENTIALS_FILE": "/dev/null"} {
				t.Setenv(variable, value)
			}
			cfg, err := provision.LoadAWSConfig(t.Context(), "eu-west-1", "", slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			clients := provision.ClientsFor(cfg, nil)
			for service, call := range callsOf(clients) {
				taken.Store(0)
				err := call(t.Context())
				var large *bounded.TooLargeError
				if !errors.As(err, &large) {
					t.Errorf("%s: the error is %v", service, err)
				}
				if got := taken.Load(); !way.packed && got > 32<<20 {
					t.Errorf("%s: %d bytes were taken", service, got)
				}
			}
		})
	}
}

func callsOf(c *provision.Clients) map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"ecs": func(ctx context.Context) error {
			_, err := c.ECS.ListClusters(ctx, &ecs.ListClustersInput{})
			return err
		},
		"ec2": func(ctx context.Context) error {
			_, err := c.EC2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{})
			return err
		},
		"iam": func(ctx context.Context) error {
			_, err := c.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("r")})
			return err
		},
		"sts": func(ctx context.Context) error {
			_, err := c.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
			return err
		},
		"ecr": func(ctx context.Context) error {
			_, err := c.ECR.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
			return err
		},
		"logs": func(ctx context.Context) error {
			_, err := c.Logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{})
			return err
		},
		"secrets": func(ctx context.Context) error {
			_, err := c.Secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String("s")})
			return err
		},
		"sqs": func(ctx context.Context) error {
			_, err := c.SQS.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("q")})
			return err
		},
		"events": func(ctx context.Context) error {
			_, err := c.Events.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: aws.String("r")})
			return err
		},
	}
}
