//go:build e2e

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"ecsctl/prefect"
)

// The names that bootstrap derives from the pool's.
func (s *suite) serviceName() string { return "prefect-worker-" + s.pool }

// secret is that of the server's API key, or of its user and password.
func (s *suite) secret(ctx context.Context) (*secretsmanager.DescribeSecretOutput, error) {
	describe := func(name string) (*secretsmanager.DescribeSecretOutput, error) {
		return s.far.source.Secrets.DescribeSecret(ctx,
			&secretsmanager.DescribeSecretInput{SecretId: aws.String("prefect/" + s.pool + "/" + name)})
	}
	out, err := describe("api-key")
	if notFound(err) {
		return describe("api-auth-string")
	}
	return out, err
}

// nothingLeft looks at everything in the account, past ecsctl, for what bears the pool's name.
func (s *suite) nothingLeft(ctx context.Context) (string, error) {
	snapshot, err := s.far.source.Read(ctx)
	if err != nil {
		return "", err
	}
	var left []string
	for kind, things := range snapshot.Raw() {
		for name := range things {
			if strings.Contains(name, s.pool) {
				left = append(left, kind+" "+name)
			}
		}
	}
	if _, err := s.far.api.ReadWorkPool(ctx, s.pool); !errors.Is(err, prefect.ErrNotFound) {
		left = append(left, fmt.Sprintf("work pool (%v)", err))
	}
	if len(left) > 0 {
		return "", fmt.Errorf("left behind: %s", strings.Join(left, ", "))
	}
	return "", nil
}

func notFound(err error) bool {
	var missing *types.ResourceNotFoundException
	return errors.As(err, &missing)
}

// lastLines are the end of what a command said, where its errors are.
func lastLines(out string) string {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	return strings.Join(lines[max(0, len(lines)-6):], "\n")
}

func cmpErr(err error, otherwise string) error {
	return cmp.Or(err, errors.New(otherwise))
}
