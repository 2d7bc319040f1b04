package provision

import (
	"ecsctl/provision/spec"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// binaryInImage is where the image has it (image/layer.go).
const binaryInImage = "/ecsctl"

// Fargate gives a container at most this long between SIGTERM and SIGKILL, in seconds
// (API_ContainerDefinition, stopTimeout): the worker uses it to finish what it claimed.
const stopTimeout = 120

// observerQueueVariable names the observer's queue to our worker.
const observerQueueVariable = "ECSCTL_OBSERVER_QUEUE"

// container is that of the Spec's runtime.
func (w *world) container() containerContent {
	content := w.ecsctlContainer
	if w.spec.Worker.Runtime == spec.RuntimePrefect {
		content = w.prefectContainer
	}
	out := content()
	maps.Copy(out.Environment, w.spec.Worker.Env)
	if seconds := w.spec.Worker.StopTimeout; seconds > 0 {
		out.StopTimeout = int32(seconds)
	}
	return out
}

// ecsctlContainer runs our own worker: no shell, no rights, nothing to write to, except
// that ECS Exec brings an agent along, which needs a file system that it can write to.
func (w *world) ecsctlContainer() containerContent {
	reference := w.spec.Worker.Image
	if reference == "" {
		reference = w.value(KindImage)
	}
	environment := map[string]string{
		"PREFECT_API_URL": w.server.APIURL,
		"GOMEMLIMIT":      memoryLimit(w.spec.Worker.Memory),
	}
	if queue := w.observerQueue(); queue != "" {
		environment[observerQueueVariable] = queue
	}
	return containerContent{
		Name:        workerContainer,
		Image:       reference,
		EntryPoint:  []string{binaryInImage},
		Command:     w.ecsctlCommand(),
		Environment: environment,
		Secrets:     w.containerSecrets(),
		Health: &healthContent{
			Command:  []string{"CMD", binaryInImage, "worker", "health"},
			Interval: 10, Timeout: 5, Retries: 3, StartPeriod: 15,
		},
		StopTimeout:            stopTimeout,
		ReadonlyRootFilesystem: !w.spec.ExecutesCommands(),
		DropCapabilities:       []string{"ALL"},
		User:                   workerUser,
	}
}

// ecsctlCommand tells workers of one service apart by the ids of their tasks.
func (w *world) ecsctlCommand() []string {
	command := slices.Concat([]string{"worker", "start", "--name-prefix", w.spec.Names.Service}, w.workerArguments())
	if w.spec.FallsBackFromSpot() {
		command = append(command, "--spot-fallback")
	}
	return command
}

// workerUser is that of the image, set here as well for images of others.
const workerUser = "65532:65532"

// memoryLimit is GOMEMLIMIT for a task with so many MiB: Go does not see a container's
// limit by itself. The tenth that is left is for what Go does not count: the binary,
// and the health check, which is a process of its own for a moment.
func memoryLimit(mib int) string { return fmt.Sprintf("%dMiB", mib*9/10) }

// workerArguments are those that both workers take, `prefect worker start`'s.
func (w *world) workerArguments() []string {
	args := []string{"--pool", w.spec.Pool}
	for _, served := range w.serves {
		args = append(args, "--pool", served.Pool)
	}
	args = append(args, "--type", "ecs", "--with-healthcheck")
	for _, queue := range w.spec.Worker.WorkQueues {
		if len(w.serves) > 0 {
			queue = w.spec.Pool + "=" + queue // the other pools have queues of their own
		}
		args = append(args, "--work-queue", queue)
	}
	if limit := w.spec.Worker.Limit; limit != nil {
		args = append(args, "--limit", strconv.Itoa(*limit))
	}
	return args
}
