//go:build e2e

package e2e

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"ecsctl/e2e/peers"
)

// workerHealth is where every worker listens (PREFECT_WORKER_WEBSERVER_PORT's
// default). Containers have a network each; here one worker runs at a time.
const workerHealth = "127.0.0.1:8080"

var oneWorker sync.Mutex

// container is the worker's container, as ECS reads it off the service.
type container struct {
	w          *world
	definition types.ContainerDefinition
	env        []string
}

// readContainer plays ECS up to the start of the container: from the service to
// its task definition, the environment and the secrets in it.
func (w *world) readContainer() container {
	w.t.Helper()
	services, err := w.source.ECS.DescribeServices(w.t.Context(),
		&ecs.DescribeServicesInput{Services: []string{*w.service()}})
	w.must(err)
	if len(services.Services) != 1 {
		w.t.Fatalf("no service %q: %v", *w.service(), services.Failures)
	}
	td, err := w.source.ECS.DescribeTaskDefinition(w.t.Context(), &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: services.Services[0].TaskDefinition,
	})
	w.must(err)
	c := container{w: w, definition: td.TaskDefinition.ContainerDefinitions[0]}
	for _, variable := range c.definition.Environment {
		c.env = append(c.env, aws.ToString(variable.Name)+"="+aws.ToString(variable.Value))
	}
	for _, secret := range c.definition.Secrets {
		value, err := w.source.Secrets.GetSecretValue(w.t.Context(),
			&secretsmanager.GetSecretValueInput{SecretId: secret.ValueFrom})
		w.must(err)
		c.env = append(c.env, aws.ToString(secret.Name)+"="+aws.ToString(value.SecretString))
	}
	return c
}

// run starts the container's command from the server's virtual environment, in the
// place of its image. Packages come from the virtual environment alone (no index):
// a `pip install` in the command succeeds only if what it asks for is in there.
func (c container) run() *peers.Process {
	c.w.t.Helper()
	python, err := peers.Program(c.w.server.Venv, "python")
	c.w.must(err)
	dir := c.w.t.TempDir()
	argv := slices.Concat(c.definition.EntryPoint, c.definition.Command)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = append([]string{
		"PATH=" + filepath.Dir(python) + ":/usr/bin:/bin", "HOME=" + dir, "PREFECT_HOME=" + dir,
		"PIP_NO_INDEX=1", "PIP_DISABLE_PIP_VERSION_CHECK=1", "DO_NOT_TRACK=1",
		"AWS_ENDPOINT_URL=" + c.w.aws, "AWS_REGION=" + region, "AWS_ACCESS_KEY_ID=e2e", "AWS_SECRET_ACCESS_KEY=e2e",
	}, c.env...)
	process, err := peers.Start(cmd, filepath.Join(dir, "output"))
	c.w.must(err)
	c.w.t.Cleanup(func() {
		process.Kill()
		if c.w.t.Failed() {
			c.w.t.Logf("the worker's output:\n%s", process.Tail())
		}
	})
	return process
}

// waitHealthCheck runs the container's health check, as ECS does, until it passes.
func (c container) waitHealthCheck(process *peers.Process) {
	c.w.t.Helper()
	check := c.definition.HealthCheck
	if check == nil || len(check.Command) != 2 || check.Command[0] != "CMD-SHELL" {
		c.w.t.Fatalf("no shell health check in the task definition: %+v", check)
	}
	python, err := peers.Program(c.w.server.Venv, "python")
	c.w.must(err)
	c.w.eventually("the health check passes", func() error {
		cmd := exec.CommandContext(c.w.t.Context(), "/bin/sh", "-c", check.Command[1])
		cmd.Env = []string{"PATH=" + filepath.Dir(python) + ":/usr/bin:/bin"}
		select {
		case <-process.Done():
			c.w.t.Fatalf("the worker ended: %v\n%s", process.Err(), process.Tail())
		default:
		}
		return cmd.Run()
	})
}

// takeWorkerPort waits until no other worker of the tests runs.
func takeWorkerPort(t *testing.T) {
	t.Helper()
	oneWorker.Lock()
	t.Cleanup(oneWorker.Unlock)
	listener, err := net.Listen("tcp", workerHealth)
	if err != nil {
		t.Fatalf("the worker's health port is taken by a program that is not of the tests: %v", err)
	}
	listener.Close()
}

// eventually polls until ready has no error.
func (w *world) eventually(what string, ready func() error) {
	w.t.Helper()
	const limit, pause = 2 * time.Minute, time.Second // a look at a real server costs it a tenth of that
	deadline := time.Now().Add(limit)
	for {
		err := ready()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("waited %v in vain: %s: %v", limit, what, err)
		}
		select {
		case <-time.After(pause):
		case <-w.t.Context().Done():
			w.t.Fatal(fmt.Errorf("%s: %w", what, w.t.Context().Err()))
		}
	}
}
