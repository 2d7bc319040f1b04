//go:build e2e

package e2e

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/google/go-cmp/cmp"

	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/inventory"
)

// From nothing to a worker that is online: bootstrap makes everything and waits,
// the test plays ECS and runs the worker that the service asks for.
func TestBootstrapBringsWorkerOnline(t *testing.T) {
	all.EachServer(t, func(t *testing.T, server *peers.Server) {
		takeWorkerPort(t)
		newWorld(t, server).bringOnline()
	})
}

func (w *world) bringOnline() {
	w.t.Helper()
	run := w.start("bootstrap", "--pool", w.pool, "--region", region, "--yes", "--output", "json",
		"--wait-timeout", "2m")
	w.eventually("bootstrap creates the service", w.serviceExists)
	c := w.readContainer()
	w.startTask()
	worker := c.run()
	out := run.wait()
	if out.code != 0 {
		w.t.Fatalf("exit code %d\n%s\n%s", out.code, out.stdout, out.stderr)
	}
	c.waitHealthCheck(worker)
	got := w.report(out).Worker
	if got.Status != "ONLINE" || !strings.HasPrefix(got.Name, *w.service()+"-") {
		w.t.Errorf("worker %+v, want one named %s-... that is ONLINE", got, *w.service())
	}
	worker.Kill()
	w.checkEverythingIsThere()
}

// startTask plays ECS in front of bootstrap: the newest deployment of the service has a
// task that runs. moto starts none for a service.
func (w *world) startTask() {
	w.t.Helper()
	out, err := w.source.ECS.DescribeServices(w.t.Context(),
		&ecs.DescribeServicesInput{Services: []string{*w.service()}})
	w.must(err)
	service := out.Services[0]
	_, err = w.source.ECS.RunTask(w.t.Context(), &ecs.RunTaskInput{
		TaskDefinition: service.TaskDefinition, LaunchType: service.LaunchType,
		NetworkConfiguration: service.Deployments[0].NetworkConfiguration,
		Group:                aws.String("service:" + *w.service()), StartedBy: service.Deployments[0].Id,
	})
	w.must(err)
}

func (w *world) serviceExists() error {
	out, err := w.source.ECS.DescribeServices(w.t.Context(),
		&ecs.DescribeServicesInput{Services: []string{*w.service()}})
	if err == nil && len(out.Services) == 0 {
		err = errors.New("it is missing")
	}
	return err
}

func (w *world) checkEverythingIsThere() {
	w.t.Helper()
	raw := w.snapshot().Raw()
	for kind, name := range map[string]string{
		inventory.LogGroup: *w.logGroup(), inventory.Secret: *w.secret, inventory.SecurityGroup: "default/" +
			w.securityGroup(),
		inventory.Cluster: "default", inventory.TaskDefinition: *w.service() + ":1", inventory.Service: "default/" +
			*w.service(),
		inventory.WorkPool: w.pool,
	} {
		if raw[kind][name] == nil {
			w.t.Errorf("no %s %q", kind, name)
		}
	}
	for _, role := range []string{*w.executionRole(), *w.workerRole()} {
		if raw[inventory.Role][role] == nil {
			w.t.Errorf("no role %q", role)
		}
	}
}

// A second run writes nothing and a changed size writes what it must, counted on
// the wire.
func TestSecondRunOnTheWire(t *testing.T) {
	t.Parallel()
	all.EachServer(t, func(t *testing.T, server *peers.Server) {
		t.Parallel()
		w := newWorld(t, server)
		w.bootstrap()
		w.checkWrites("a second run", nil)
		if changes := w.plan(); len(changes) != 0 {
			t.Errorf("the plan after a bootstrap has changes: %q", changes)
		}
		// The pool remembers the size, which was chosen.
		resize := []string{"ecs:RegisterTaskDefinition", "ecs:UpdateService", "prefect:PATCH /work_pools/POOL"}
		w.checkWrites("a changed CPU", resize, "--cpu", "1024", "--memory", "2048")
		w.checkWrites("the same size again", nil, "--cpu", "1024", "--memory", "2048")
		w.checkWrites("only more memory", resize, "--cpu", "1024", "--memory", "3072")
	})
}

// checkWrites runs bootstrap and compares the writes that came over the wire.
func (w *world) checkWrites(what string, want []string, args ...string) {
	w.t.Helper()
	w.tap.Reset()
	w.bootstrap(args...)
	if diff := cmp.Diff(want, w.tap.Writes()); diff != "" || want == nil && len(w.tap.Tried()) > 0 {
		w.t.Errorf("writes of %s (-want +got):\n%s\nthe attempts:\n%s", what, diff, w.tap.Tried())
	}
	if len(w.tap.Calls()) == 0 {
		w.t.Errorf("%s made no calls at all: it does not go through the proxies", what)
	}
}

// A dry run changes nothing and says so by its exit code.
func TestDryRun(t *testing.T) {
	t.Parallel()
	all.EachServer(t, func(t *testing.T, server *peers.Server) {
		t.Parallel()
		w := newWorld(t, server)
		before := w.snapshot()
		out := w.ecsctl(2, w.bootstrapArgs("--dry-run", "--detailed-exitcode", "--output", "json")...)
		w.same("after a dry run", before, w.snapshot())
		if tried := w.tap.Tried(); len(tried) != 0 {
			t.Errorf("a dry run wrote\n%s", tried)
		}
		var created []string
		for _, change := range w.report(out).Changes {
			if change.Action == "create" {
				created = append(created, change.Kind)
			}
		}
		slices.Sort(created)
		observer := []string{"dead-letter-queue", "event-rule", "queue"}
		if server.Venv == peers.Prefect2 {
			observer = nil // its official worker has none
		}
		want := append(observer,
			"api-key-secret", "cluster", "execution-role", "flow-execution-role", "flow-repository", "flow-role",
			"log-group", "security-group",
			"service", "task-definition", "work-pool", "worker-role",
		)
		slices.Sort(want)
		if diff := cmp.Diff(want, created); diff != "" {
			t.Errorf("kinds to create (-want +got):\n%s", diff)
		}
		w.bootstrap()
		w.ecsctl(0, w.bootstrapArgs("--dry-run", "--detailed-exitcode")...)
	})
}
