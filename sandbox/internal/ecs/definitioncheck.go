package ecs

import (
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const maxStopTimeout = 120 // seconds, on Fargate

func isFargate(in *api.RegisterTaskDefinitionInput) bool {
	return slices.Contains(in.RequiresCompatibilities, types.CompatibilityFargate)
}

// checkDefinition refuses what ECS refuses at registration, in its words, and puts
// the size into ECS's own form.
func (s *Service) checkDefinition(in *api.RegisterTaskDefinitionInput) error {
	if !isName(*in.Family) {
		return clientError("Family contains invalid characters.")
	}
	if len(in.ContainerDefinitions) == 0 {
		return clientError("Container list cannot be empty.")
	}
	for _, arn := range []*string{in.TaskRoleArn, in.ExecutionRoleArn} {
		if err := s.checkRoleARN(arn); err != nil {
			return err
		}
	}
	names := map[string]bool{}
	essential := false
	for _, c := range in.ContainerDefinitions {
		if err := s.checkContainer(in, c); err != nil {
			return err
		}
		if names[*c.Name] {
			return clientError("Container names must be unique within a task definition: %s", *c.Name)
		}
		names[*c.Name] = true
		essential = essential || c.Essential == nil || *c.Essential
	}
	if !essential {
		return clientError("TaskDefinition must have at least one essential container.")
	}
	if err := checkBetween(in); err != nil {
		return err
	}
	if err := checkForManaged(in); err != nil || !isFargate(in) {
		return err
	}
	if err := checkFargate(in); err != nil {
		return err
	}
	if err := checkFargateSums(in); err != nil {
		return err
	}
	return s.checkImages(in)
}

// checkImages wants a role that can pull what is not public.
func (s *Service) checkImages(in *api.RegisterTaskDefinitionInput) error {
	for _, c := range in.ContainerDefinitions {
		_, ours := s.peers.ECR.Reference(*c.Image)
		if (ours || strings.Contains(*c.Image, ".dkr.ecr")) && in.ExecutionRoleArn == nil {
			return clientError("Fargate requires task definition to have execution role ARN to support ECR images.")
		}
	}
	return nil
}

var roleSyntax = regexp.MustCompile(`^arn:([a-z-]+):iam::(\d{12}):role/[\w+=,.@/-]+$`)

// checkRoleARN checks the form alone: a role that is not there shows when a task starts.
func (s *Service) checkRoleARN(arn *string) error {
	if arn == nil || *arn == "" {
		return nil
	}
	if m := roleSyntax.FindStringSubmatch(*arn); m == nil || m[1] != s.cfg.Partition {
		return clientError("Role is not valid")
	}
	return nil
}

func (s *Service) checkContainer(in *api.RegisterTaskDefinitionInput, c types.ContainerDefinition) error {
	switch {
	case aws.ToString(c.Name) == "":
		return clientError("Container.name should not be null or empty.")
	case !isName(*c.Name):
		return clientError("Container.name contains invalid characters.")
	case aws.ToString(c.Image) == "":
		return clientError("Container.image should not be null or empty.")
	case strings.ContainsAny(*c.Image, " \t\n"):
		return clientError("Container.image contains invalid characters.")
	case !isFargate(in) && in.Memory == nil && c.Memory == nil && c.MemoryReservation == nil:
		return clientError("Invalid setting for container '%s'. At least one of 'memory' or 'memoryReservation' must "+
			"be specified.", *c.Name)
	case c.Memory != nil && c.MemoryReservation != nil && *c.MemoryReservation > *c.Memory:
		return clientError("Invalid setting for container '%s'. 'memoryReservation' must be less than 'memory'.",
			*c.Name)
	}
	for _, e := range c.Environment {
		if aws.ToString(e.Name) == "" {
			return clientError("Environment variable name should not be null or empty in container '%s'.", *c.Name)
		}
	}
	for _, p := range c.PortMappings {
		if in.NetworkMode == types.NetworkModeAwsvpc && p.HostPort != nil &&
			*p.HostPort != aws.ToInt32(p.ContainerPort) {
			return clientError("When networkMode=awsvpc, the host ports and container ports in port mappings must " +
				"match.")
		}
	}
	if err := checkSecrets(in, c); err != nil {
		return err
	}
	if err := checkLimits(in, c); err != nil {
		return err
	}
	if isFargate(in) {
		if err := checkFargateContainer(c); err != nil {
			return err
		}
	}
	return checkLogging(in, c)
}

func checkSecrets(in *api.RegisterTaskDefinitionInput, c types.ContainerDefinition) error {
	for _, secret := range c.Secrets {
		if aws.ToString(secret.Name) == "" || aws.ToString(secret.ValueFrom) == "" {
			return clientError("The 'name' and 'valueFrom' of each secret must be set in container '%s'.", *c.Name)
		}
		for _, e := range c.Environment {
			if *e.Name == *secret.Name {
				return clientError("The secret name must be unique and not shared with any new or existing "+
					"environment variables set on the container, such as '%s'.", *secret.Name)
			}
		}
	}
	if len(c.Secrets) > 0 && in.ExecutionRoleArn == nil {
		return clientError("When you are specifying container secrets, you must also specify a value for " +
			"'executionRoleArn'.")
	}
	return nil
}

func checkLogging(in *api.RegisterTaskDefinitionInput, c types.ContainerDefinition) error {
	lc := c.LogConfiguration
	if lc == nil || lc.LogDriver != types.LogDriverAwslogs {
		return nil
	}
	for _, option := range []string{"awslogs-group", "awslogs-region"} {
		if lc.Options[option] == "" {
			return clientError("Log driver awslogs requires options: awslogs-region, awslogs-group")
		}
	}
	if !isFargate(in) {
		return nil
	}
	if lc.Options["awslogs-stream-prefix"] == "" {
		return clientError("Log driver awslogs requires option: awslogs-stream-prefix for Fargate")
	}
	if in.ExecutionRoleArn == nil {
		return clientError("Fargate requires task definition to have execution role ARN to support log driver awslogs.")
	}
	return nil
}

func checkFargate(in *api.RegisterTaskDefinitionInput) error {
	switch {
	case in.NetworkMode != types.NetworkModeAwsvpc:
		return clientError("Fargate only supports network mode ‘awsvpc’.")
	case in.Cpu == nil:
		return clientError("Fargate requires that 'cpu' be defined at the task level.")
	case in.Memory == nil:
		return clientError("Fargate requires that 'memory' be defined at the task level.")
	}
	cpu, memory, err := fargateSize(*in.Cpu, *in.Memory)
	if err != nil {
		return err
	}
	in.Cpu, in.Memory = &cpu, &memory
	if in.EphemeralStorage != nil && (in.EphemeralStorage.SizeInGiB < 21 || in.EphemeralStorage.SizeInGiB > 200) {
		return clientError("Invalid 'ephemeralStorage' setting: the size must be between 21 and 200 GiB.")
	}
	return nil
}
