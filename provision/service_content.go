package provision

import (
	"ecsctl/provision/spec"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// serviceContent is the part of a service that ecsctl sets, in a canonical form.
type serviceContent struct {
	TaskDefinition string   `json:"taskDefinition"`
	DesiredCount   *int     `json:"desiredCount,omitempty"` // nil: not the Spec's business
	Subnets        []string `json:"subnets"`
	SecurityGroups []string `json:"securityGroups"`
	AssignPublicIP string   `json:"assignPublicIp"`
	CircuitBreaker bool     `json:"circuitBreaker"`
	Rollback       bool     `json:"rollback"`
	ExecuteCommand bool     `json:"enableExecuteCommand"`
}

// contentOfService shows the desired count only when the Spec sets one: otherwise
// autoscaling or a person may have changed it.
func contentOfService(got *types.Service, spec spec.Spec) serviceContent {
	c := serviceContent{TaskDefinition: aws.ToString(got.TaskDefinition), ExecuteCommand: got.EnableExecuteCommand}
	if spec.Worker.DesiredCount != nil {
		count := int(got.DesiredCount)
		c.DesiredCount = &count
	}
	if n := got.NetworkConfiguration; n != nil && n.AwsvpcConfiguration != nil {
		v := n.AwsvpcConfiguration
		c.Subnets, c.SecurityGroups = slices.Sorted(slices.Values(v.Subnets)),
			slices.Sorted(slices.Values(v.SecurityGroups))
		c.AssignPublicIP = string(v.AssignPublicIp)
	}
	if d := got.DeploymentConfiguration; d != nil && d.DeploymentCircuitBreaker != nil {
		c.CircuitBreaker, c.Rollback = d.DeploymentCircuitBreaker.Enable, d.DeploymentCircuitBreaker.Rollback
	}
	return c
}

func (w *world) securityGroups() []string {
	if len(w.spec.Network.SecurityGroups) > 0 {
		return slices.Sorted(slices.Values(w.spec.Network.SecurityGroups))
	}
	return []string{w.value(KindSecurityGroup)}
}

func publicIP(yes bool) types.AssignPublicIp {
	if yes {
		return types.AssignPublicIpEnabled
	}
	return types.AssignPublicIpDisabled
}

func (c serviceContent) network() *types.NetworkConfiguration {
	return &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
		Subnets: c.Subnets, SecurityGroups: c.SecurityGroups, AssignPublicIp: types.AssignPublicIp(c.AssignPublicIP),
	}}
}

func (c serviceContent) deployment() *types.DeploymentConfiguration {
	return &types.DeploymentConfiguration{DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{
		Enable: c.CircuitBreaker, Rollback: c.Rollback,
	}}
}
