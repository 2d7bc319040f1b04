package provision

import (
	"ecsctl/provision/spec"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The agent of ECS Exec writes to the root file system; everything else stays as narrow.
func TestContainerWithECSExec(t *testing.T) {
	t.Parallel()
	s := spec.Spec{Pool: "etl", Region: "eu-west-1"}.WithDefaults()
	want := learnedWorld(t, s).container()
	s.Worker.ExecuteCommand = ptr(true)
	want.ReadonlyRootFilesystem = false
	if diff := cmp.Diff(want, learnedWorld(t, s).container()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestECSCTLContainer(t *testing.T) {
	t.Parallel()
	s := spec.Spec{Pool: "etl", Region: "eu-west-1"}.WithDefaults()
	two := 2
	s.Worker.WorkQueues, s.Worker.Limit = []string{"high", "low"}, &two
	w := learnedWorld(t, s)
	w.setValue(KindImage, "123456789012.dkr.ecr.eu-west-1.amazonaws.com/prefect/etl/worker@sha256:abc")
	task := (&taskDefinition{w: w}).wanted()
	if task.CPU != "256" || task.Memory != "512" {
		t.Errorf("size %s, %s, want Fargate's smallest", task.CPU, task.Memory)
	}
	def := task.registerInput("family", nil).ContainerDefinitions[0]
	if !*def.ReadonlyRootFilesystem || *def.User != "65532:65532" || *def.StopTimeout != 120 {
		t.Errorf("read-only %t, user %s, stop timeout %d", *def.ReadonlyRootFilesystem, *def.User, *def.StopTimeout)
	}
	if c := def.LinuxParameters.Capabilities; len(c.Add) > 0 || !slices.Equal(c.Drop, []string{"ALL"}) {
		t.Errorf("capabilities %+v", c)
	}
	got := task.Containers[0]
	if want := "123456789012.dkr.ecr.eu-west-1.amazonaws.com/prefect/etl/worker@sha256:abc"; got.Image != want {
		t.Errorf("image %s, want %s", got.Image, want)
	}
	want := []string{
		"/ecsctl", "worker", "start", "--name-prefix", "prefect-worker-etl", "--pool", "etl", "--type", "ecs",
		"--with-healthcheck",
		"--work-queue", "high", "--work-queue", "low", "--limit", "2",
	}
	if diff := cmp.Diff(want, slices.Concat(got.EntryPoint, got.Command)); diff != "" {
		t.Errorf("command (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"CMD", "/ecsctl", "worker", "health"}, got.Health.Command); diff != "" {
		t.Errorf("health check (-want +got):\n%s", diff)
	}
	environment := map[string]string{
		"GOMEMLIMIT": "460MiB", "PREFECT_API_URL": w.server.APIURL, "ECSCTL_OBSERVER_QUEUE": "prefect-etl",
	}
	if diff := cmp.Diff(environment, got.Environment); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	w.spec.Worker.Image = "mine:1"
	if got := w.container().Image; got != "mine:1" {
		t.Errorf("image %s, want the one that is named", got)
	}
}

// Repository names are ECR's strictest: small letters, single separators.
func TestRepositoryNames(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, pool := range []string{"etl", "Etl", "eTL", "a--b", "a__b", "a-b", "日本", "--", "my pool", "data_1"} {
		name := spec.DeriveNames(pool, "eu-west-1").Repository
		slug := name[len("prefect/") : len(name)-len("/worker")]
		if !spec.RepositoryPart.MatchString(slug) {
			t.Errorf("pool %q: ECR takes no repository %q", pool, name)
		}
		if other, taken := seen[name]; taken {
			t.Errorf("pools %q and %q both have the repository %q", pool, other, name)
		}
		seen[name] = pool
	}
}
