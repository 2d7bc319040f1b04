package ecs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	maxContainers     = 10
	maxDefinitionSize = 64 << 10
)

// checkBetween holds the rules between the containers of a definition, and what it declares.
func checkBetween(in *api.RegisterTaskDefinitionInput) error {
	if n := len(in.ContainerDefinitions); n > maxContainers {
		return clientError("Too many containers: a task definition can have at most %d.", maxContainers)
	}
	if text, err := json.Marshal(in); err != nil || len(text) > maxDefinitionSize {
		return clientError("The task definition is too large: at most %d bytes.", maxDefinitionSize)
	}
	for _, v := range in.Volumes {
		if isFargate(in) && (v.Host != nil && aws.ToString(v.Host.SourcePath) != "" ||
			v.DockerVolumeConfiguration != nil) {
			return clientError("Volume '%s': host.sourcePath and dockerVolumeConfiguration are not supported on "+
				"Fargate.", aws.ToString(v.Name))
		}
		if err := checkEFS(v); err != nil {
			return err
		}
	}
	for _, c := range in.ContainerDefinitions {
		for _, m := range c.MountPoints {
			if !slices.ContainsFunc(in.Volumes, func(v types.Volume) bool {
				return aws.ToString(v.Name) == aws.ToString(m.SourceVolume)
			}) {
				return clientError("Unknown volume '%s'.", aws.ToString(m.SourceVolume))
			}
		}
		for _, d := range c.DependsOn {
			if err := checkDependency(in, c, d); err != nil {
				return err
			}
		}
	}
	return checkFirelens(in)
}

func checkDependency(in *api.RegisterTaskDefinitionInput, c types.ContainerDefinition,
	d types.ContainerDependency) error {
	at := slices.IndexFunc(in.ContainerDefinitions, func(c types.ContainerDefinition) bool {
		return aws.ToString(c.Name) == aws.ToString(d.ContainerName)
	})
	if at < 0 || aws.ToString(d.ContainerName) == *c.Name {
		return clientError("Container '%s' depends on '%s', which is not another container of the task definition.",
			*c.Name, aws.ToString(d.ContainerName))
	}
	other := in.ContainerDefinitions[at]
	switch d.Condition {
	case types.ContainerConditionComplete, types.ContainerConditionSuccess:
		if other.Essential == nil || *other.Essential {
			return clientError("The container '%s' is essential and cannot be waited for with condition %s.",
				*other.Name, d.Condition)
		}
	case types.ContainerConditionHealthy:
		if other.HealthCheck == nil {
			return clientError("Container '%s' has no health check and cannot be waited for with condition HEALTHY.",
				*other.Name)
		}
	}
	return nil
}

// checkFirelens: a router and those that log through it go together.
func checkFirelens(in *api.RegisterTaskDefinitionInput) error {
	routers, users := 0, 0
	for _, c := range in.ContainerDefinitions {
		if c.FirelensConfiguration != nil {
			routers++
		}
		if c.LogConfiguration != nil && c.LogConfiguration.LogDriver == types.LogDriverAwsfirelens {
			users++
		}
	}
	if routers == 0 && users > 0 || routers > 0 && users == 0 || routers > 1 {
		return clientError("A container with the log driver awsfirelens needs one container with a " +
			"firelensConfiguration, and the other way round.")
	}
	return nil
}

// checkLimits holds the rules for the values of one container.
func checkLimits(in *api.RegisterTaskDefinitionInput, c types.ContainerDefinition) error {
	if err := checkHealth(c); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, secret := range c.Secrets {
		if seen[*secret.Name] {
			return clientError("Duplicate secret names found: %s. Each secret name must be unique.", *secret.Name)
		}
		seen[*secret.Name] = true
	}
	for _, u := range c.Ulimits {
		if u.SoftLimit > u.HardLimit {
			return clientError("Invalid ulimit %s in container '%s': the soft limit is above the hard limit.",
				u.Name, *c.Name)
		}
	}
	for _, p := range c.PortMappings {
		if port := aws.ToInt32(p.ContainerPort); p.ContainerPort != nil && (port < 1 || port > 65535) {
			return clientError("Invalid container port %d in container '%s'.", port, *c.Name)
		}
	}
	for _, f := range c.EnvironmentFiles {
		if !strings.HasPrefix(aws.ToString(f.Value), "arn:") || !strings.HasSuffix(aws.ToString(f.Value), ".env") {
			return clientError("Invalid environment file in container '%s': the ARN of an S3 object that ends in "+
				".env is wanted.", *c.Name)
		}
	}
	if in.NetworkMode == types.NetworkModeAwsvpc {
		for what, used := range map[string]bool{
			"links": len(c.Links) > 0, "hostname": c.Hostname != nil, "extraHosts": len(c.ExtraHosts) > 0,
		} {
			if used {
				return clientError("%s is not supported with networkMode=awsvpc, in container '%s'.", what, *c.Name)
			}
		}
	}
	return nil
}

func checkHealth(c types.ContainerDefinition) error {
	h := c.HealthCheck
	if h == nil {
		return nil
	}
	if len(h.Command) == 0 || !slices.Contains([]string{"CMD", "CMD-SHELL", "NONE"}, h.Command[0]) {
		return clientError("Health check command of container '%s' must start with CMD or CMD-SHELL.", *c.Name)
	}
	for _, value := range []struct {
		name      string
		given     *int32
		low, high int32
	}{
		{"interval", h.Interval, 5, 300}, {"timeout", h.Timeout, 2, 60}, {"retries", h.Retries, 1, 10},
		{"startPeriod", h.StartPeriod, 0, 300},
	} {
		if value.given != nil && (*value.given < value.low || *value.given > value.high) {
			return clientError("Health check %s of container '%s' must be between %d and %d.", value.name, *c.Name,
				value.low, value.high)
		}
	}
	return nil
}

// checkFargateContainer refuses what Fargate does not have.
func checkFargateContainer(c types.ContainerDefinition) error {
	for _, f := range notOnFargate(c) {
		if f.used {
			return clientError("%s is not supported on container '%s' for requires compatibilities FARGATE.",
				f.name, *c.Name)
		}
	}
	for _, seconds := range []*int32{c.StartTimeout, c.StopTimeout} {
		if seconds != nil && (*seconds < 2 || *seconds > maxStopTimeout) {
			return clientError("Invalid setting for container '%s'. Timeouts must be between 2 and %d seconds on "+
				"Fargate.", *c.Name, maxStopTimeout)
		}
	}
	if lc := c.LogConfiguration; lc != nil {
		switch lc.LogDriver {
		case types.LogDriverAwslogs, types.LogDriverSplunk, types.LogDriverAwsfirelens:
		default:
			return clientError("The log driver %s is not supported on Fargate, in container '%s'.",
				lc.LogDriver, *c.Name)
		}
	}
	for _, u := range c.Ulimits {
		if u.Name != types.UlimitNameNofile {
			return clientError("The ulimit %s is not supported on Fargate, in container '%s'.", u.Name, *c.Name)
		}
	}
	return nil
}

type field struct {
	name string
	used bool
}

func notOnFargate(c types.ContainerDefinition) []field {
	l := c.LinuxParameters
	if l == nil {
		l = &types.LinuxParameters{}
	}
	added := l.Capabilities != nil &&
		slices.ContainsFunc(l.Capabilities.Add, func(name string) bool { return name != "SYS_PTRACE" })
	gpu := slices.ContainsFunc(c.ResourceRequirements, func(r types.ResourceRequirement) bool {
		return r.Type == types.ResourceTypeGpu
	})
	return []field{
		{"privileged", aws.ToBool(c.Privileged)}, {"links", len(c.Links) > 0},
		{"disableNetworking", aws.ToBool(c.DisableNetworking)},
		{"dnsServers", len(c.DnsServers) > 0}, {"dnsSearchDomains", len(c.DnsSearchDomains) > 0},
		{"dockerSecurityOptions", len(c.DockerSecurityOptions) > 0},
		{"GPU", gpu}, {"linuxParameters.devices", len(l.Devices) > 0}, {"linuxParameters.tmpfs", len(l.Tmpfs) > 0},
		{"linuxParameters.sharedMemorySize", l.SharedMemorySize != nil}, {"linuxParameters.maxSwap", l.MaxSwap != nil},
		{"linuxParameters.swappiness", l.Swappiness != nil}, {"linuxParameters.capabilities.add", added},
	}
}

// checkFargateSums: containers cannot have more together than their task.
func checkFargateSums(in *api.RegisterTaskDefinitionInput) error {
	units, _ := cpuUnits(*in.Cpu)
	mebibytes, _ := memoryMiB(*in.Memory)
	cpu := 0
	for _, c := range in.ContainerDefinitions {
		cpu += int(c.Cpu)
		if most := int(max(aws.ToInt32(c.Memory), aws.ToInt32(c.MemoryReservation))); most > mebibytes {
			return clientError("Invalid setting for container '%s': its memory is above that of the task, %d.",
				*c.Name, mebibytes)
		}
	}
	if cpu > units {
		return clientError("Invalid 'cpu' setting: the containers have %d units, the task %d.", cpu, units)
	}
	for name, used := range map[string]bool{
		"ipcMode": in.IpcMode != "", "placementConstraints": len(in.PlacementConstraints) > 0,
		"pidMode host": in.PidMode == types.PidModeHost,
	} {
		if used {
			return clientError("%s", fmt.Sprintf("Fargate compatible task definitions do not support %s", name))
		}
	}
	return nil
}
