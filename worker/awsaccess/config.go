package awsaccess

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"ecsctl/internal/bounded"
	"ecsctl/internal/directly"
	"ecsctl/internal/hint"
	"ecsctl/jobtemplate"
)

// configFor is the worker's own configuration with a job's credentials over it. Keys go
// before a profile, and the role is assumed with either, as boto3 has it.
func configFor(ctx context.Context, base aws.Config, c jobtemplate.Credentials) (aws.Config, error) {
	if c.IsZero() {
		return base, nil
	}
	cfg := base.Copy()
	if c.Profile != "" {
		loaded, err := profileConfig(ctx, base, c.Profile)
		if err != nil {
			return aws.Config{}, err
		}
		cfg = loaded
	}
	if c.AccessKeyID != "" {
		cfg.Credentials = credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)
	}
	if c.Region != "" {
		cfg.Region = c.Region
	}
	if err := applyClient(&cfg, c.Client); err != nil {
		return aws.Config{}, err
	}
	if c.AssumeRoleARN != "" {
		cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg),
			c.AssumeRoleARN, assumeRole(c.AssumeRole)))
	}
	return cfg, nil
}

func profileConfig(ctx context.Context, base aws.Config, profile string) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(profile), config.WithLogger(base.Logger),
		func(o *config.LoadOptions) error {
			o.HTTPClient, o.APIOptions = base.HTTPClient, base.APIOptions
			return nil
		})
	if err != nil {
		return cfg, hint.Add(fmt.Errorf("failed to load the AWS profile %q of the credentials block: %w", profile, err),
			"profiles are looked for where the worker runs: mount them there, or use keys or a role")
	}
	if cfg.Region == "" {
		cfg.Region = base.Region
	}
	if cfg.BaseEndpoint == nil {
		cfg.BaseEndpoint = base.BaseEndpoint
	}
	return cfg, nil
}

func assumeRole(r jobtemplate.AssumeRole) func(*stscreds.AssumeRoleOptions) {
	return func(o *stscreds.AssumeRoleOptions) {
		if r.RoleSessionName != "" {
			o.RoleSessionName = r.RoleSessionName
		}
		o.Duration = seconds(r.DurationSeconds)
		o.ExternalID, o.Policy = Optional(r.ExternalID), Optional(r.Policy)
		o.SerialNumber, o.SourceIdentity = Optional(r.SerialNumber), Optional(r.SourceIdentity)
		o.TransitiveTagKeys = r.TransitiveTagKeys
		if r.TokenCode != "" {
			o.TokenProvider = func() (string, error) { return r.TokenCode, nil }
		}
		for _, arn := range r.PolicyARNs {
			o.PolicyARNs = append(o.PolicyARNs, ststypes.PolicyDescriptorType{Arn: aws.String(arn)})
		}
		for key, value := range r.Tags {
			o.Tags = append(o.Tags, ststypes.Tag{Key: aws.String(key), Value: aws.String(value)})
		}
	}
}

func applyClient(cfg *aws.Config, c jobtemplate.ClientParameters) error {
	if c.EndpointURL != "" {
		cfg.BaseEndpoint = aws.String(c.EndpointURL)
	}
	applyRetries(cfg, c.Config)
	if !c.SkipVerify && c.CABundlePath == "" {
		return nil
	}
	client := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.Proxy = directly.Proxy })
	if c.SkipVerify {
		cfg.HTTPClient = client.WithTransportOptions(func(t *http.Transport) {
			t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // the block asks for it
		})
		return nil
	}
	bundle, err := bounded.ReadFile(c.CABundlePath, bounded.MaxFile)
	if err != nil {
		return fmt.Errorf("failed to read the CA bundle of the credentials block: %w", err)
	}
	roots, err := rootsOf(bundle, c.CABundlePath)
	if err != nil {
		return err
	}
	cfg.HTTPClient = client.WithTransportOptions(func(t *http.Transport) { t.TLSClientConfig = roots })
	return nil
}

// applyRetries takes over what botocore's Config says of retries; its other settings
// have no counterpart, or none that matters here.
func applyRetries(cfg *aws.Config, botocore map[string]any) {
	retries, _ := botocore["retries"].(map[string]any)
	attempts, given := wholeNumber(retries["total_max_attempts"])
	if !given {
		if attempts, given = wholeNumber(retries["max_attempts"]); given {
			attempts++ // botocore does not count the first
		}
	}
	if given && attempts > 0 {
		cfg.RetryMaxAttempts = attempts
	}
	if mode, _ := retries["mode"].(string); strings.EqualFold(mode, "adaptive") {
		cfg.RetryMode = aws.RetryModeAdaptive
	}
}
