//go:build e2e

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"ecsctl/internal/pause"
	"ecsctl/prefect"
)

// step is a part of the guide. It returns what is worth telling of it.
type step struct {
	name  string
	tasks bool // containers have to run
	run   func(*suite, context.Context) (string, error)
}

// steps are done in order, until one fails.
var steps = []step{
	{"a deployment that fails is told", true, (*suite).failedDeployment},
	{"bootstrap", false, (*suite).bootstrap},
	{"bootstrap again changes nothing", false, (*suite).unchanged},
	{"verify", true, (*suite).verify},
	{fmt.Sprintf("%d runs at once", runs), true, (*suite).manyRuns},
	{"cancel", true, (*suite).cancel},
	{"Spot", true, (*suite).spot},
	{"upgrade under a run", true, (*suite).upgrade},
	{"rotation of the key", false, (*suite).rotate},
	{"what AWS does", false, (*suite).lookAtAWS},
	{"Managed Instances", true, (*suite).onManagedInstances},
	{"an Auto Scaling group", true, (*suite).onAutoScalingGroup},
}

// cleanUp is done in any case.
var cleanUp = []step{
	{"what was made in Prefect goes", false, (*suite).clearPrefect},
	{"teardown", false, (*suite).teardown},
	{"nothing is left", false, (*suite).nothingLeft},
}

func stepNames() (names []string) {
	for _, step := range slices.Concat(steps, cleanUp) {
		names = append(names, step.name)
	}
	return names
}

// noImage is one that nobody can pull.
const noImage = "public.ecr.aws/docker/library/ecsctl-acceptance-no-such-image:1"

// arguments of bootstrap are the same each time, but for more.
func (s *suite) arguments(more ...string) []string {
	return slices.Concat([]string{"bootstrap", "--pool", s.pool, "--cluster", s.pool, "--region", s.region,
		"--tag", "acceptance=" + s.pool, "--yes", "--wait-timeout", "15m"}, s.far.args, more)
}

// failedDeployment begins with a worker that cannot start: there is nothing to roll back to.
func (s *suite) failedDeployment(ctx context.Context) (string, error) {
	out, err := s.ecsctl(ctx, s.binary, s.arguments("--image", noImage)...)
	if code := (exits{}); !errors.As(err, &code) || code.code != 1 {
		return "", fmt.Errorf("bootstrap with an image that is not there: %w", cmpErr(err, "it ended well"))
	}
	if !strings.Contains(out, "image") {
		return "", fmt.Errorf("bootstrap does not name the image: %s", lastLines(out))
	}
	err = s.await(ctx, "ECS gives the deployment up", func() (bool, error) {
		primary, err := s.primary(ctx)
		return err == nil && primary.RolloutState == types.DeploymentRolloutStateFailed, err
	})
	if err != nil {
		return "", err
	}
	s.broken = "FAILED"
	out, err = s.ecsctl(ctx, s.binary, "status", "--pool", s.pool, "--region", s.region)
	if err == nil {
		return "", fmt.Errorf("status calls the pool healthy: %s", lastLines(out))
	}
	return firstLine(out), nil
}

func (s *suite) bootstrap(ctx context.Context) (string, error) {
	if _, err := s.must(ctx, s.arguments()...); err != nil || !s.far.runsTasks {
		return "", err
	}
	if _, err := s.must(ctx, "status", "--pool", s.pool, "--region", s.region); err != nil {
		return "", err
	}
	task, err := s.workerTask(ctx)
	s.firstTask = aws.ToString(task.TaskArn)
	return "the worker is online", err
}

func (s *suite) unchanged(ctx context.Context) (string, error) {
	_, err := s.must(ctx, s.arguments("--dry-run", "--detailed-exitcode")...)
	return "", err
}

func (s *suite) verify(ctx context.Context) (string, error) {
	_, err := s.must(ctx, "verify", "--pool", s.pool, "--region", s.region)
	return "", err
}

// upgrade replaces the worker while a run is under way, which must not notice.
func (s *suite) upgrade(ctx context.Context) (string, error) {
	run, err := s.start(ctx, s.long(), nil)
	if err != nil {
		return "", err
	}
	if err := s.awaitState(ctx, run.ID, prefect.Running); err != nil {
		return "", err
	}
	if out, err := s.ecsctl(ctx, s.newer, s.arguments("--binary", s.newer)...); err != nil {
		return "", fmt.Errorf("bootstrap of the newer version: %w: %s", err, lastLines(out))
	}
	if err := s.rolled(ctx); err != nil {
		return "", err
	}
	return "the worker is another, the run completed", s.awaitState(ctx, run.ID, prefect.Completed)
}

// rolled reports whether the worker's task is another than before.
func (s *suite) rolled(ctx context.Context) error {
	task, err := s.workerTask(ctx)
	if err != nil {
		return err
	}
	if aws.ToString(task.TaskArn) == s.firstTask {
		return fmt.Errorf("the worker's task is still %s", s.firstTask)
	}
	s.firstTask = aws.ToString(task.TaskArn)
	return nil
}

// rotate stores the key anew, or another one if there is one: containers read secrets only when they
// start, so that bootstrap must roll the service.
func (s *suite) rotate(ctx context.Context) (string, error) {
	args := s.arguments("--binary", s.newer)
	if !s.far.runsTasks {
		args = s.arguments()
	}
	if s.newKey != "" {
		s.far.env = append(s.far.env, "PREFECT_API_KEY="+s.newKey)
	} else if done, err := s.storeAgain(ctx); err != nil || done != "" {
		return done, err
	}
	before, err := s.primary(ctx)
	if err != nil {
		return "", err
	}
	if out, err := s.ecsctl(ctx, s.binary, args...); err != nil {
		return "", fmt.Errorf("bootstrap: %w: %s", err, lastLines(out))
	}
	after, err := s.primary(ctx)
	if err == nil && aws.ToString(before.Id) == aws.ToString(after.Id) {
		err = errors.New("the service was not rolled: its worker has the old key")
	}
	return "the service was rolled", err
}

// storeAgain writes the secret's own value, as somebody else would a new one.
func (s *suite) storeAgain(ctx context.Context) (string, error) {
	secret, err := s.secret(ctx)
	if notFound(err) {
		return "the server asks for no key, so that there is no secret", nil
	}
	if err != nil {
		return "", err
	}
	// Clocks of whole seconds: what is made within two belongs together.
	err = s.await(ctx, "the deployment is some seconds old", func() (bool, error) {
		primary, err := s.primary(ctx)
		return err == nil && s.far.api.Since(aws.ToTime(primary.CreatedAt)) > 4*time.Second, err
	})
	if err != nil {
		return "", err
	}
	now, err := s.far.source.Secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: secret.ARN})
	if err != nil {
		return "", err
	}
	_, err = s.far.source.Secrets.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: secret.ARN,
		SecretString: now.SecretString})
	return "", err
}

func (s *suite) teardown(ctx context.Context) (string, error) {
	_, err := s.must(ctx, "teardown", "--pool", s.pool, "--cluster", s.pool, "--region", s.region, "--yes",
		"--running", "stop", "--wait-timeout", "15m")
	return "", err
}

// primary is the deployment that the service wants.
func (s *suite) primary(ctx context.Context) (types.Deployment, error) {
	out, err := s.far.source.ECS.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &s.pool,
		Services: []string{s.serviceName()}})
	if err != nil {
		return types.Deployment{}, err
	}
	for _, service := range out.Services {
		for _, deployment := range service.Deployments {
			if aws.ToString(deployment.Status) == "PRIMARY" {
				return deployment, nil
			}
		}
	}
	return types.Deployment{}, errors.New("the service has no deployment that is PRIMARY")
}

// await looks until it is so.
func (s *suite) await(ctx context.Context, what string, look func() (bool, error)) error {
	for {
		if is, err := look(); err != nil || is {
			return err
		}
		if err := pause.For(ctx, s.between()); err != nil {
			return fmt.Errorf("waited in vain: %s: %w", what, err)
		}
	}
}
