package provision

import (
	"maps"
	"slices"
	"strconv"

	"ecsctl/internal/fargate"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// taskContent is the part of a task definition that ecsctl sets, in a canonical
// form: AWS's defaults filled in, sets sorted. Equal contents need no new revision.
// The JSON names are AWS's own, for the paths in plans.
type taskContent struct {
	CPU              string             `json:"cpu"`
	Memory           string             `json:"memory"`
	NetworkMode      string             `json:"networkMode"`
	Compatibilities  []string           `json:"requiresCompatibilities"`
	ExecutionRoleARN string             `json:"executionRoleArn"`
	TaskRoleARN      string             `json:"taskRoleArn"`
	Architecture     string             `json:"cpuArchitecture"`
	Containers       []containerContent `json:"containerDefinitions"`
}

type containerContent struct {
	Name        string            `json:"name"`
	Image       string            `json:"image"`
	Essential   bool              `json:"essential"`
	EntryPoint  []string          `json:"entryPoint,omitempty"`
	Command     []string          `json:"command"`
	Environment map[string]string `json:"environment"`
	Secrets     map[string]string `json:"secrets"`
	Log         *logContent       `json:"logConfiguration"`
	Health      *healthContent    `json:"healthCheck,omitempty"`
	// StopTimeout is in seconds; 0 is AWS's default of 30.
	StopTimeout            int32    `json:"stopTimeout,omitempty"`
	ReadonlyRootFilesystem bool     `json:"readonlyRootFilesystem,omitempty"`
	DropCapabilities       []string `json:"dropCapabilities,omitempty"`
	User                   string   `json:"user,omitempty"`
}

// logContent keeps the driver apart from its options, whose names the driver picks.
type logContent struct {
	Driver  string            `json:"logDriver"`
	Options map[string]string `json:"options"`
}

// healthContent has times in seconds.
type healthContent struct {
	Command     []string `json:"command"`
	Interval    int32    `json:"interval"`
	Timeout     int32    `json:"timeout"`
	Retries     int32    `json:"retries"`
	StartPeriod int32    `json:"startPeriod"`
}

// registerInput is the request that makes a revision with this content.
func (c taskContent) registerInput(family string, tags map[string]string) *ecs.RegisterTaskDefinitionInput {
	in := &ecs.RegisterTaskDefinitionInput{
		Family:           aws.String(family),
		Cpu:              aws.String(c.CPU),
		Memory:           aws.String(c.Memory),
		NetworkMode:      types.NetworkMode(c.NetworkMode),
		ExecutionRoleArn: aws.String(c.ExecutionRoleARN),
		TaskRoleArn:      aws.String(c.TaskRoleARN),
		RuntimePlatform: &types.RuntimePlatform{
			CpuArchitecture: types.CPUArchitecture(c.Architecture), OperatingSystemFamily: types.OSFamilyLinux,
		},
		Tags: ecsTags(tags),
	}
	for _, compatibility := range c.Compatibilities {
		in.RequiresCompatibilities = append(in.RequiresCompatibilities, types.Compatibility(compatibility))
	}
	for _, container := range c.Containers {
		in.ContainerDefinitions = append(in.ContainerDefinitions, container.definition())
	}
	return in
}

func (c containerContent) definition() types.ContainerDefinition {
	def := types.ContainerDefinition{
		Name:       aws.String(c.Name),
		Image:      aws.String(c.Image),
		Essential:  aws.Bool(c.Essential),
		EntryPoint: c.EntryPoint,
		Command:    c.Command,
	}
	c.restrict(&def)
	for _, name := range slices.Sorted(maps.Keys(c.Environment)) {
		def.Environment = append(def.Environment, types.KeyValuePair{
			Name: aws.String(name), Value: aws.String(c.Environment[name]),
		})
	}
	for _, name := range slices.Sorted(maps.Keys(c.Secrets)) {
		def.Secrets = append(def.Secrets, types.Secret{Name: aws.String(name), ValueFrom: aws.String(c.Secrets[name])})
	}
	if l := c.Log; l != nil {
		def.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriver(l.Driver), Options: l.Options}
	}
	if h := c.Health; h != nil {
		def.HealthCheck = &types.HealthCheck{
			Command: h.Command, Interval: aws.Int32(h.Interval), Timeout: aws.Int32(h.Timeout),
			Retries: aws.Int32(h.Retries), StartPeriod: aws.Int32(h.StartPeriod),
		}
	}
	return def
}

// restrict sets what the container may not do and how long it has to end. What is not
// set stays nil, so that AWS's own defaults hold.
func (c containerContent) restrict(def *types.ContainerDefinition) {
	if c.StopTimeout > 0 {
		def.StopTimeout = aws.Int32(c.StopTimeout)
	}
	if c.ReadonlyRootFilesystem {
		def.ReadonlyRootFilesystem = aws.Bool(true)
	}
	if len(c.DropCapabilities) > 0 {
		def.LinuxParameters = &types.LinuxParameters{Capabilities: &types.KernelCapabilities{Drop: c.DropCapabilities}}
	}
	if c.User != "" {
		def.User = aws.String(c.User)
	}
}

// contentOf is the canonical form of a task definition that AWS gave back.
func contentOf(def *types.TaskDefinition) taskContent {
	c := taskContent{
		CPU:              aws.ToString(def.Cpu),
		Memory:           aws.ToString(def.Memory),
		NetworkMode:      string(def.NetworkMode),
		ExecutionRoleARN: aws.ToString(def.ExecutionRoleArn),
		TaskRoleARN:      aws.ToString(def.TaskRoleArn),
		Architecture:     string(types.CPUArchitectureX8664), // AWS's default
	}
	if p := def.RuntimePlatform; p != nil && p.CpuArchitecture != "" {
		c.Architecture = string(p.CpuArchitecture)
	}
	for _, compatibility := range def.RequiresCompatibilities {
		c.Compatibilities = append(c.Compatibilities, string(compatibility))
	}
	slices.Sort(c.Compatibilities)
	for _, container := range def.ContainerDefinitions {
		c.Containers = append(c.Containers, contentOfContainer(container))
	}
	return c
}

func contentOfContainer(def types.ContainerDefinition) containerContent {
	c := containerContent{
		Name:        aws.ToString(def.Name),
		Image:       aws.ToString(def.Image),
		Essential:   def.Essential == nil || *def.Essential,
		EntryPoint:  def.EntryPoint,
		Command:     def.Command,
		Environment: map[string]string{},
		Secrets:     map[string]string{},

		StopTimeout:            aws.ToInt32(def.StopTimeout),
		ReadonlyRootFilesystem: aws.ToBool(def.ReadonlyRootFilesystem),
		User:                   aws.ToString(def.User),
	}
	if p := def.LinuxParameters; p != nil && p.Capabilities != nil {
		c.DropCapabilities = p.Capabilities.Drop
	}
	for _, pair := range def.Environment {
		c.Environment[aws.ToString(pair.Name)] = aws.ToString(pair.Value)
	}
	for _, secret := range def.Secrets {
		c.Secrets[aws.ToString(secret.Name)] = aws.ToString(secret.ValueFrom)
	}
	if l := def.LogConfiguration; l != nil {
		c.Log = &logContent{Driver: string(l.LogDriver), Options: l.Options}
	}
	if h := def.HealthCheck; h != nil {
		// The fallbacks are AWS's defaults (API_HealthCheck).
		c.Health = &healthContent{
			Command: h.Command, Interval: orDefault(h.Interval, 30), Timeout: orDefault(h.Timeout, 5),
			Retries: orDefault(h.Retries, 3), StartPeriod: orDefault(h.StartPeriod, 0),
		}
	}
	return c
}

func orDefault(v *int32, fallback int32) int32 {
	if v == nil {
		return fallback
	}
	return *v
}

// fargateTask is the content around the container, the same for every runtime.
func (w *world) fargateTask(container containerContent) taskContent {
	container.Essential = true
	container.Log = &logContent{Driver: string(types.LogDriverAwslogs), Options: map[string]string{
		"awslogs-group":         w.spec.Names.LogGroup,
		"awslogs-region":        w.id.Region,
		"awslogs-stream-prefix": workerLogPrefix,
	}}
	architecture := types.CPUArchitectureX8664
	if w.spec.Worker.Architecture == fargate.ArchitectureARM {
		architecture = types.CPUArchitectureArm64
	}
	return taskContent{
		CPU:              strconv.Itoa(w.spec.Worker.CPU),
		Memory:           strconv.Itoa(w.spec.Worker.Memory),
		NetworkMode:      string(types.NetworkModeAwsvpc),
		Compatibilities:  []string{string(types.CompatibilityFargate)},
		ExecutionRoleARN: w.value(KindExecutionRole),
		TaskRoleARN:      w.value(KindWorkerRole),
		Architecture:     string(architecture),
		Containers:       []containerContent{container},
	}
}

// workerLogPrefix begins the worker's log streams: PREFIX/CONTAINER/TASK.
const workerLogPrefix = "worker"

// workerContainer is the name of the worker's container.
const workerContainer = "prefect-worker"
