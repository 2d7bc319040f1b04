package ecs

import (
	"errors"
	"fmt"
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
	process     running
	health      *types.HealthCheck
	image       containerImage
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
	// Functions of this program have no root, and processes not everywhere.
	mountable := process.OwnRoots() == nil && playerOf(s.cfg.Functions, *cd.Image) == nil
	if what := unsupported(cd, override, mountable); what != "" {
		return nil, &startError{reason: fmt.Sprintf("the ecsctl sandbox does not implement %s of the container %s",
			what, *cd.Name)}
	}
	img, err := s.pull(t, index)
	if err != nil {
		return nil, err
	}
	env, err := s.environment(t, index, override, img)
	if err != nil {
		return nil, err
	}
	line, err := s.logTo(t, cd)
	if err != nil {
		return nil, err
	}
	c := &container{
		index: index, name: *cd.Name, essential: *cd.Essential, stopTimeout: defaultStopTimeout,
		health: cd.HealthCheck, image: img,
		spec: process.Spec{Args: img.command(cd, override), Env: env, Mark: s.mark(t, index), Line: line,
			Guard: s.cfg.Guard},
	}
	if cd.StopTimeout != nil {
		c.stopTimeout = time.Duration(*cd.StopTimeout) * time.Second
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
// container (sizes, ulimits) or describes it (ports, labels) is let pass; see also playable.
func unsupported(cd types.ContainerDefinition, o types.ContainerOverride, mountable bool) string {
	for _, f := range []struct {
		name string
		used bool
	}{
		{"dependsOn", len(cd.DependsOn) > 0},
		{"environmentFiles", len(cd.EnvironmentFiles) > 0 || len(o.EnvironmentFiles) > 0},
		{"firelensConfiguration", cd.FirelensConfiguration != nil},
		{"mountPoints", len(cd.MountPoints) > 0 && !mountable},
		{"volumesFrom", len(cd.VolumesFrom) > 0},
		{"repositoryCredentials", cd.RepositoryCredentials != nil},
		{"resourceRequirements", !onlyGPUs(cd.ResourceRequirements) || !onlyGPUs(o.ResourceRequirements)},
		{"restartPolicy", cd.RestartPolicy != nil},
		{"privileged", aws.ToBool(cd.Privileged)},
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

// onlyInit: the group of a process does what an init process in a container does, and
// capabilities that are dropped only limit it.
func onlyInit(p types.LinuxParameters) bool {
	return (p.Capabilities == nil || len(p.Capabilities.Add) == 0) && p.Devices == nil && p.Tmpfs == nil &&
		p.SharedMemorySize == nil && p.MaxSwap == nil && p.Swappiness == nil
}

func (s *Service) startContainer(t *task, c *container) error {
	if c.image.play != nil {
		c.process = play(c.image.play, c.spec.Env)
	} else if err := s.startProcess(c); err != nil {
		return err
	}
	s.set(t, func(api *types.Task) {
		api.Containers[c.index].LastStatus = aws.String(taskRunning)
		api.Containers[c.index].RuntimeId = aws.String(runtimeID(t, c.index))
	})
	return nil
}

func (s *Service) startProcess(c *container) error {
	home, cleanUp, err := c.image.home()
	if err != nil {
		return &startError{reason: "Task failed to start", container: c.name, detail: "CannotCreateContainerError: " +
			err.Error()}
	}
	if c.spec.Dir = c.image.workDir; c.spec.Dir == "" {
		c.spec.Dir = home
	}
	c.spec.Env = append(c.spec.Env, "HOME="+home)
	c.spec.Root = c.image.root
	if c.spec.Args, err = c.resolve(c.spec.Args); err == nil {
		c.process, err = process.Start(c.spec)
	}
	if err != nil {
		cleanUp()
		return cannotStart(c, err)
	}
	s.engine.tasks.Go(func() {
		<-c.process.Done()
		cleanUp()
	})
	return nil
}

func cannotStart(c *container, err error) error {
	detail := "CannotStartContainerError: " + err.Error()
	var notFound *process.NotFoundError
	if errors.As(err, &notFound) {
		detail = "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime " +
			"task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start " +
			"container process: " + err.Error() + ": unknown"
	}
	return &startError{reason: "Task failed to start", container: c.name, detail: detail}
}
