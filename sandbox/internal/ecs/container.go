package ecs

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox/internal/process"
)

const defaultStopTimeout = 30 * time.Second

// container is one of a task, resolved to a process.
type container struct {
	index       int // in the task's list
	name        string
	essential   bool
	stopTimeout time.Duration
	spec        process.Spec
	process     *process.Process
	health      *types.HealthCheck
}

func (c *container) ended() bool {
	select {
	case <-c.process.Done():
		return true
	default:
		return false
	}
}

// prepare resolves image, command, environment, secrets and logs of a container.
func (s *Service) prepare(t *task, index int) (*container, error) {
	cd := t.definition.api.ContainerDefinitions[index]
	override := overrideOf(t, *cd.Name)
	if what := unsupported(cd, override); what != "" {
		return nil, &startError{reason: fmt.Sprintf("the ecsctl sandbox does not implement %s of the container %s", what, *cd.Name)}
	}
	dir, err := s.pull(cd)
	if err != nil {
		return nil, err
	}
	env, err := s.environment(t, cd, override, dir)
	if err != nil {
		return nil, err
	}
	line, err := s.logTo(t, cd)
	if err != nil {
		return nil, err
	}
	c := &container{
		index: index, name: *cd.Name, essential: *cd.Essential, stopTimeout: defaultStopTimeout, health: cd.HealthCheck,
		spec: process.Spec{Args: slices.Concat(cd.EntryPoint, cd.Command), Env: env, Line: line, Guard: s.cfg.Guard},
	}
	if cd.StopTimeout != nil {
		c.stopTimeout = time.Duration(*cd.StopTimeout) * time.Second
	}
	if override.Command != nil {
		c.spec.Args = slices.Concat(cd.EntryPoint, override.Command)
	}
	return c, nil
}

func overrideOf(t *task, name string) types.ContainerOverride {
	for _, o := range t.api.Overrides.ContainerOverrides {
		if *o.Name == name {
			return o
		}
	}
	return types.ContainerOverride{}
}

// unsupported names what a local process cannot be given. What only limits a
// container (sizes, ulimits) or describes it (ports, labels) is let pass.
func unsupported(cd types.ContainerDefinition, o types.ContainerOverride) string {
	for _, f := range []struct {
		name string
		used bool
	}{
		{"dependsOn", len(cd.DependsOn) > 0},
		{"environmentFiles", len(cd.EnvironmentFiles) > 0 || len(o.EnvironmentFiles) > 0},
		{"firelensConfiguration", cd.FirelensConfiguration != nil},
		{"mountPoints", len(cd.MountPoints) > 0},
		{"volumesFrom", len(cd.VolumesFrom) > 0},
		{"repositoryCredentials", cd.RepositoryCredentials != nil},
		{"resourceRequirements", len(cd.ResourceRequirements) > 0 || len(o.ResourceRequirements) > 0},
		{"restartPolicy", cd.RestartPolicy != nil},
		{"workingDirectory", cd.WorkingDirectory != nil},
		{"user", cd.User != nil},
		{"privileged", aws.ToBool(cd.Privileged)},
		{"readonlyRootFilesystem", aws.ToBool(cd.ReadonlyRootFilesystem)},
		{"pseudoTerminal", aws.ToBool(cd.PseudoTerminal)},
		{"interactive", aws.ToBool(cd.Interactive)},
		{"links", len(cd.Links) > 0},
		{"extraHosts", len(cd.ExtraHosts) > 0},
		{"linuxParameters", cd.LinuxParameters != nil && !onlyInit(*cd.LinuxParameters)},
	} {
		if f.used {
			return f.name
		}
	}
	return ""
}

// onlyInit: the group of a process does what an init process in a container does.
func onlyInit(p types.LinuxParameters) bool {
	return p.Capabilities == nil && p.Devices == nil && p.Tmpfs == nil && p.SharedMemorySize == nil && p.MaxSwap == nil && p.Swappiness == nil
}

// pull finds the directory of an image's programs; the longest pattern that matches counts.
func (s *Service) pull(cd types.ContainerDefinition) (string, error) {
	best := ""
	for pattern := range s.cfg.Images {
		if ok, err := path.Match(pattern, *cd.Image); err == nil && ok && len(pattern) > len(best) {
			best = pattern
		}
	}
	if best != "" {
		return s.cfg.Images[best], nil
	}
	ref := *cd.Image
	if !strings.Contains(strings.SplitN(ref, "/", 2)[0], ".") {
		ref = "docker.io/" + ref
	}
	reason := fmt.Sprintf("CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref %s: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed", ref)
	return "", &startError{reason: reason, container: *cd.Name, detail: reason}
}

func (s *Service) startContainer(t *task, c *container) error {
	dir, err := os.MkdirTemp("", "ecsctl-sandbox-")
	if err != nil {
		return &startError{reason: "Task failed to start", container: c.name, detail: "CannotCreateContainerError: " + err.Error()}
	}
	c.spec.Dir = dir
	c.spec.Env = append(c.spec.Env, "HOME="+dir)
	c.process, err = process.Start(c.spec)
	if err != nil {
		_ = os.RemoveAll(dir)
		return cannotStart(c, err)
	}
	s.engine.tasks.Go(func() {
		<-c.process.Done()
		_ = os.RemoveAll(dir)
	})
	s.set(t, func(api *types.Task) {
		api.Containers[c.index].LastStatus = aws.String(taskRunning)
		api.Containers[c.index].RuntimeId = aws.String(lastPart(*t.api.TaskArn) + "-" + fmt.Sprintf("%010d", c.index))
	})
	return nil
}

func cannotStart(c *container, err error) error {
	detail := "CannotStartContainerError: " + err.Error()
	var notFound *process.NotFoundError
	if errors.As(err, &notFound) {
		detail = "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: " + err.Error() + ": unknown"
	}
	return &startError{reason: "Task failed to start", container: c.name, detail: detail}
}
