package sandbox_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

func TestQuotaFillsByTheClock(t *testing.T) {
	t.Parallel()
	clock := sandbox.HeldClock()
	quota := fault.Quota{Service: "ecs", Operation: "ListClusters", Rate: 1, Burst: 2}
	c := start(t, sandbox.Options{Clock: clock, Quotas: []fault.Quota{quota}})
	list := func() error {
		_, err := c.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})
		return err
	}
	for _, tokens := range []int{2, 1, 2} {
		for range tokens {
			if err := list(); err != nil {
				t.Fatal(err)
			}
		}
		wantCode(t, list(), "ThrottlingException")
		clock.Advance(time.Duration(3-tokens) * time.Second)
	}
}

func TestServiceDrainsByTheClock(t *testing.T) {
	t.Parallel()
	clock := sandbox.HeldClock()
	c := running(t, "exit 0", sandbox.Options{Clock: clock, DrainDelay: time.Hour})
	s := c.serve(t, c.app(t, nil), func(in *ecs.CreateServiceInput) { in.DesiredCount = aws.Int32(0) })
	must(c.ecs.DeleteService(t.Context(), &ecs.DeleteServiceInput{Cluster: s.ClusterArn, Service: s.ServiceArn}))(t)
	clock.Advance(time.Hour - 1) // not even if it was empty at once
	c.awaitService(t, s, "DRAINING", func(s types.Service) bool { return *s.Status == "DRAINING" })
	c.awaitService(t, s, "INACTIVE", func(s types.Service) bool {
		clock.Advance(time.Hour)
		return *s.Status == "INACTIVE"
	})
}

func TestSecretIsGoneByTheClock(t *testing.T) {
	t.Parallel()
	clock := sandbox.HeldClock()
	c := start(t, sandbox.Options{Clock: clock})
	secret := c.secret(t)
	must(c.secrets.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{
		SecretId: secret.ARN, RecoveryWindowInDays: aws.Int64(7),
	}))(t)
	clock.Advance(7 * 24 * time.Hour)
	must(c.secrets.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: secret.ARN}))(t)
	clock.Advance(1)
	_, err := c.secrets.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: secret.ARN})
	wantCode(t, err, "ResourceNotFoundException")
}

func TestHealthChecksGoByTheClock(t *testing.T) {
	t.Parallel()
	clock := sandbox.HeldClock()
	c := running(t, "exec sleep 600", sandbox.Options{Clock: clock})
	task := c.run(t, c.app(t, func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].HealthCheck = &types.HealthCheck{
			Command: []string{"CMD-SHELL", "exit 0"}, Interval: aws.Int32(300), Timeout: aws.Int32(60),
		}
	}), nil)
	eventually(t, "the task to run", func() bool {
		clock.Advance(10 * time.Millisecond)
		return *c.describeTask(t, task).LastStatus == "RUNNING"
	})
	if got := c.describeTask(t, task); got.HealthStatus != types.HealthStatusUnknown {
		t.Errorf("the task is %s before its first check", got.HealthStatus)
	}
	eventually(t, "the wait for the first check", func() bool { return clock.Waits(300 * time.Second) })
	clock.Advance(300 * time.Second)
	eventually(t, "the task to be healthy", func() bool {
		return c.describeTask(t, task).HealthStatus == types.HealthStatusHealthy
	})
}
