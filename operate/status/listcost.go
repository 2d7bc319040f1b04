package status

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/provision"
)

// month is what the service's tasks cost a month; nil where it cannot be told.
func month(service *types.Service, definition *types.TaskDefinition) *float64 {
	where, noPlace := arn.Parse(aws.ToString(service.ServiceArn))
	cpu, noCPU := strconv.Atoi(aws.ToString(definition.Cpu))
	memory, noMemory := strconv.Atoi(aws.ToString(definition.Memory))
	if errors.Join(noPlace, noCPU, noMemory) != nil {
		return nil
	}
	workers := provision.Workers{Tasks: int(service.DesiredCount), Region: where.Region, CPU: cpu, Memory: memory}
	if p := definition.RuntimePlatform; p != nil {
		workers.Architecture = strings.ToLower(string(p.CpuArchitecture))
	}
	if n := service.NetworkConfiguration; n != nil && n.AwsvpcConfiguration != nil {
		workers.PublicIP = n.AwsvpcConfiguration.AssignPublicIp == types.AssignPublicIpEnabled
	}
	return aws.Float64(workers.Cost().Month)
}

// secretsOf are the secrets that the containers read, each once.
func secretsOf(definition *types.TaskDefinition) []string {
	var reads []string
	for i := range definition.ContainerDefinitions {
		for _, secret := range definition.ContainerDefinitions[i].Secrets {
			reads = append(reads, aws.ToString(secret.ValueFrom))
		}
	}
	slices.Sort(reads)
	return slices.Compact(reads)
}
