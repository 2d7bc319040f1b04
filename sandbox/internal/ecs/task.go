package ecs

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/uuid"
	"ecsctl/sandbox/internal/ec2"
	"ecsctl/sandbox/internal/sts"
)

// The states of a task, in order.
const (
	taskProvisioning   = "PROVISIONING"
	taskPending        = "PENDING"
	taskRunning        = "RUNNING"
	taskDeactivating   = "DEACTIVATING"
	taskStopping       = "STOPPING"
	taskDeprovisioning = "DEPROVISIONING"
	taskStopped        = "STOPPED"
)

// keepStopped is how long a stopped task can still be described.
const keepStopped = time.Hour

type task struct {
	api        types.Task
	cluster    *cluster
	definition *taskDefinition
	network    *types.AwsVpcConfiguration
	from       ec2.Source        // once it has its network interface
	managed    *capacityProvider // of the instance that ECS manages, if it is on one
	service    *service          // nil for a task of RunTask
	deployment *deployment       // the service's that wanted it
	stop       chan struct{}
	session    *sts.Session      // of the task role; nil without one
	announced  string            // the last state that was sent to EventBridge
	trees      []string          // directories of its containers whose images were pulled
	volumes    map[string]string // folders of its volumes, by name, which are among trees

	interrupted bool          // its Spot capacity is taken away, now or soon
	warning     time.Duration // from SIGTERM to SIGKILL at most; 0 when nothing shortens it
}

// taskSpec is what RunTask and services want of a task.
type taskSpec struct {
	definition *taskDefinition
	network    *types.AwsVpcConfiguration
	overrides  *types.TaskOverride
	tags       []types.Tag
	group      string
	startedBy  string
	provider   string            // capacity provider; "" with a launch type
	instance   bool              // it runs on an instance
	managed    *capacityProvider // whose instance ECS manages; nil for others
	service    *service
	deployment *deployment
	exec       bool // ECS Exec may run commands in it
}

// addTask makes a task in PROVISIONING and sets it off; s.mu is held.
func (s *Service) addTask(c *cluster, spec taskSpec) *task {
	s.forgetStopped(c)
	id := newID()
	td := spec.definition.api
	now := s.cfg.Clock.Now()
	t := &task{cluster: c, definition: spec.definition, network: spec.network, service: spec.service,
		deployment: spec.deployment, managed: spec.managed, stop: make(chan struct{})}
	t.api = types.Task{
		TaskArn: aws.String(s.arn("task/" + c.name + "/" + id)), ClusterArn: &c.arn,
		TaskDefinitionArn: td.TaskDefinitionArn,
		LastStatus:        aws.String(taskProvisioning), DesiredStatus: aws.String(taskRunning),
		LaunchType: types.LaunchTypeFargate, PlatformVersion: aws.String("1.4.0"), PlatformFamily: aws.String("Linux"),
		Group: &spec.group, StartedBy: optional(spec.startedBy), CapacityProviderName: optional(spec.provider),
		CreatedAt: &now, Version: 1, Cpu: td.Cpu, Memory: td.Memory, Tags: orEmpty(spec.tags),
		Overrides: describeOverrides(spec.definition, spec.overrides), HealthStatus: types.HealthStatusUnknown,
		EphemeralStorage: ephemeral(spec), Attachments: []types.Attachment{}, Containers: []types.Container{},
		EnableExecuteCommand: spec.exec,

		Attributes: []types.Attribute{{Name: aws.String("ecs.cpu-architecture"), Value: aws.String(architecture(td))}},
	}
	if spec.instance {
		s.putOnInstance(t)
	}
	applySize(&t.api, spec.overrides)
	for _, cd := range td.ContainerDefinitions {
		t.api.Containers = append(t.api.Containers, types.Container{
			ContainerArn: aws.String(s.arn("container/" + c.name + "/" + id + "/" + uuid.New())),
			TaskArn:      t.api.TaskArn,
			Name:         cd.Name, Image: cd.Image, LastStatus: aws.String(taskPending),
			HealthStatus: types.HealthStatusUnknown,
			Cpu:          aws.String(fmt.Sprint(cd.Cpu)), NetworkInterfaces: []types.NetworkInterface{},
		})
	}
	c.tasks[*t.api.TaskArn] = t
	s.cfg.Lag.Changed("task " + *t.api.TaskArn)
	s.announce(t)
	s.engine.tasks.Go(func() { s.execute(t) })
	return t
}

// putOnInstance makes it a task as ECS describes one on an instance. Each task gets an instance of its own.
func (s *Service) putOnInstance(t *task) {
	td := t.definition.api
	t.api.LaunchType, t.api.PlatformVersion, t.api.PlatformFamily, t.api.EphemeralStorage = types.LaunchTypeEc2,
		nil, nil, nil
	if t.managed != nil {
		t.api.LaunchType = types.LaunchTypeManagedInstances
	}
	t.api.ContainerInstanceArn = aws.String(s.arn("container-instance/" + t.cluster.name + "/" + newID()))
	cpu, memory := int32(0), int32(0)
	for _, c := range td.ContainerDefinitions {
		cpu, memory = cpu+c.Cpu, memory+aws.ToInt32(c.Memory)
	}
	if td.Cpu == nil {
		t.api.Cpu = aws.String(fmt.Sprint(cpu))
	}
	if td.Memory == nil {
		t.api.Memory = aws.String(fmt.Sprint(memory))
	}
}

func (t *task) onInstance() bool { return t.api.LaunchType != types.LaunchTypeFargate }

func (s *Service) forgetStopped(c *cluster) {
	for arn, t := range c.tasks {
		if t.api.StoppedAt != nil && s.cfg.Clock.Since(*t.api.StoppedAt) > keepStopped {
			delete(c.tasks, arn)
		}
	}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func architecture(td types.TaskDefinition) string {
	if td.RuntimePlatform != nil && td.RuntimePlatform.CpuArchitecture == types.CPUArchitectureArm64 {
		return "arm64"
	}
	return "x86_64"
}

func ephemeral(spec taskSpec) *types.EphemeralStorage {
	if spec.overrides != nil && spec.overrides.EphemeralStorage != nil {
		return spec.overrides.EphemeralStorage
	}
	if spec.definition.api.EphemeralStorage != nil {
		return spec.definition.api.EphemeralStorage
	}
	return &types.EphemeralStorage{SizeInGiB: 20}
}

func applySize(t *types.Task, o *types.TaskOverride) {
	if o == nil {
		return
	}
	if o.Cpu != nil {
		t.Cpu = o.Cpu
	}
	if o.Memory != nil {
		t.Memory = o.Memory
	}
}

// describeOverrides names every container, overridden or not, as ECS does.
func describeOverrides(td *taskDefinition, given *types.TaskOverride) *types.TaskOverride {
	out := &types.TaskOverride{}
	if given != nil {
		*out = *given
	}
	out.ContainerOverrides = orEmpty(slices.Clone(out.ContainerOverrides))
	for _, cd := range td.api.ContainerDefinitions {
		if !slices.ContainsFunc(out.ContainerOverrides, func(o types.ContainerOverride) bool {
			return *o.Name == *cd.Name
		}) {
			out.ContainerOverrides = append(out.ContainerOverrides, types.ContainerOverride{Name: cd.Name})
		}
	}
	return out
}

// live tasks have not stopped yet.
func (t *task) live() bool { return *t.api.LastStatus != taskStopped }

func (t *task) running() bool { return *t.api.LastStatus == taskRunning }

// wanted tasks have not been told to stop.
func (t *task) wanted() bool { return *t.api.DesiredStatus == taskRunning }

func (t *task) id() string { return lastPart(*t.api.TaskArn) }

// requestStop tells a task to stop, once; s.mu is held.
func (s *Service) requestStop(t *task, code types.TaskStopCode, reason string) {
	if !t.wanted() {
		return
	}
	t.api.DesiredStatus = aws.String(taskStopped)
	t.api.StopCode = code
	t.api.StoppedReason = &reason
	t.api.StoppingAt = aws.Time(s.cfg.Clock.Now())
	t.api.Version++
	s.announce(t) // before the containers are told: the event is the warning
	close(t.stop)
}

// pickSubnet spreads tasks over the subnets that they may run in.
func (t *task) pickSubnet() string {
	return t.network.Subnets[rand.IntN(len(t.network.Subnets))]
}
