package provision

import (
	"strings"
	"testing"

	"ecsctl/internal/fargate"
	"ecsctl/provision/spec"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
)

// definition is what AWS would give back for a registration.
func definition(w *world) *types.TaskDefinition {
	in := (&taskDefinition{w: w}).wanted().registerInput("family", nil)
	return &types.TaskDefinition{
		Cpu: in.Cpu, Memory: in.Memory, NetworkMode: in.NetworkMode, ExecutionRoleArn: in.ExecutionRoleArn,
		TaskRoleArn:             in.TaskRoleArn,
		RequiresCompatibilities: in.RequiresCompatibilities, RuntimePlatform: in.RuntimePlatform,
		ContainerDefinitions: in.ContainerDefinitions,
	}
}

func learnedWorld(t *testing.T, s spec.Spec) *world {
	t.Helper()
	w := testWorld(t, s)
	w.learn()
	return w
}

func TestRegisteredContentIsTheWantedOne(t *testing.T) {
	t.Parallel()
	w := learnedWorld(t, fullSpec())
	task := &taskDefinition{w: w, found: definition(w)}
	if fields := task.fields(); len(fields) != 0 {
		t.Errorf("got differences %+v", fields)
	}
}

// What AWS leaves out or puts in another order is no difference.
func TestDefaultsOfATaskDefinition(t *testing.T) {
	t.Parallel()
	w := learnedWorld(t, fullSpec())
	found := definition(w)
	found.RuntimePlatform = nil
	container := &found.ContainerDefinitions[0]
	container.Essential, container.HealthCheck.Timeout, container.HealthCheck.Retries = nil, nil, nil
	container.Environment[0], container.Environment[len(container.Environment)-1] = container.Environment[len(
		container.Environment)-1], container.Environment[0]
	task := &taskDefinition{w: w, found: found}
	for _, f := range task.fields() {
		// The wanted health check need not have AWS's defaults.
		if !strings.Contains(f.Path, "healthCheck") {
			t.Errorf("got difference %+v", f)
		}
	}
}

// An option of a log driver may have any name.
func TestNoLogDriverHides(t *testing.T) {
	t.Parallel()
	w := learnedWorld(t, fullSpec())
	found := definition(w)
	log := found.ContainerDefinitions[0].LogConfiguration
	log.LogDriver, log.Options["logDriver"] = types.LogDriverSyslog, string(types.LogDriverAwslogs)
	want := []Field{
		{Path: "containerDefinitions[0].logConfiguration.logDriver", Before: "syslog", After: "awslogs"},
		{Path: "containerDefinitions[0].logConfiguration.options.logDriver", Before: "awslogs", After: ""},
	}
	if diff := cmp.Diff(want, (&taskDefinition{w: w, found: found}).fields()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestChangedContentIsSeen(t *testing.T) {
	t.Parallel()
	for path, change := range map[string]func(*spec.Spec){
		"cpu":                             func(s *spec.Spec) { s.Worker.CPU = 1024; s.Worker.Memory = 2048 },
		"memory":                          func(s *spec.Spec) { s.Worker.Memory = 2048 },
		"cpuArchitecture":                 func(s *spec.Spec) { s.Worker.Architecture = fargate.ArchitectureARM },
		"containerDefinitions[0].image":   func(s *spec.Spec) { s.Worker.Image = "mine:1" },
		"containerDefinitions[0].command": func(s *spec.Spec) { s.Worker.WorkQueues = []string{"other"} },
		"containerDefinitions[0].logConfiguration.options.awslogs-group": func(s *spec.Spec) {
			s.Names.LogGroup = "mine"
		},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			found := definition(learnedWorld(t, fullSpec()))
			s := fullSpec()
			change(&s)
			var paths []string
			for _, f := range (&taskDefinition{w: learnedWorld(t, s), found: found}).fields() {
				paths = append(paths, f.Path)
			}
			if !strings.Contains(strings.Join(paths, " "), path) || len(paths) > 3 {
				t.Errorf("got %q, want %s", paths, path)
			}
		})
	}
}

// Names with quotes, spaces or dollars are arguments of the shell and never its program.
func TestCommandKeepsOddNamesApart(t *testing.T) {
	t.Parallel()
	s := validSpec()
	s.Pool, s.Worker.WorkQueues = `it's "$HOME"`, []string{"a; rm -rf", "$(x)"}
	s.Names = spec.DeriveNames(s.Pool, s.Region)
	command := learnedWorld(t, s).prefectContainer().Command
	for _, word := range []string{"HOME", "rm", "$(x)"} {
		if strings.Contains(command[2], word) {
			t.Errorf("the program holds %q: %s", word, command[2])
		}
	}
	want := []string{"--pool", s.Pool, "--type", "ecs", "--with-healthcheck", "--work-queue", "a; rm -rf",
		"--work-queue", "$(x)"}
	if diff := cmp.Diff(want, command[4:]); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
}

func TestImageFollowsTheServer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		server  Server
		image   string
		install bool
	}{
		"Prefect 3": {Server{Version: "3.8.8"}, "prefecthq/prefect-aws:", false},
		"Prefect 2": {Server{Version: "2.20.26"}, "prefecthq/prefect:2-latest", true},
		"Cloud":     {Server{Cloud: true}, "prefecthq/prefect-aws:", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := testWorld(t, validSpec())
			w.server = test.server
			got := w.prefectContainer()
			installs := strings.Contains(got.Command[2], "pip install --quiet 'prefect-aws<0.5'")
			if !strings.HasPrefix(got.Image, test.image) || installs != test.install {
				t.Errorf("image %s, command %q", got.Image, got.Command)
			}
		})
	}
}

// The key is a secret of the container and nowhere in its environment.
func TestKeyIsNeverInTheTaskDefinition(t *testing.T) {
	t.Parallel()
	w := learnedWorld(t, fullSpec())
	text := show(toJSON((&taskDefinition{w: w}).wanted().registerInput("family", w.wantedTags())))
	if strings.Contains(text, "the-key") || strings.Contains(text, "me:secret") {
		t.Errorf("a credential is in %s", text)
	}
	want := map[string]string{
		"PREFECT_API_KEY": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prefect/etl/api-key-AbCdEf",
		"PREFECT_API_AUTH_STRING": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prefect/etl/" +
			"api-auth-string-AbCdEf",
	}
	if diff := cmp.Diff(want, w.containerSecrets()); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
}
