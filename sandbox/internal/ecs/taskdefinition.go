package ecs

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/schemas"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox/internal/wire"
)

type taskDefinition struct {
	api  types.TaskDefinition
	tags []types.Tag
	gone bool // deleted
}

func (td *taskDefinition) arn() string    { return *td.api.TaskDefinitionArn }
func (td *taskDefinition) isActive() bool { return td.api.Status == types.TaskDefinitionStatusActive }

func (s *Service) handleTaskDefinitions() {
	wire.HandleJSON(s.JSON, "RegisterTaskDefinition", schemas.RegisterTaskDefinitionRequest,
		schemas.RegisterTaskDefinitionResponse,
		"family! containerDefinitions! taskRoleArn executionRoleArn networkMode volumes placementConstraints "+
			"requiresCompatibilities cpu memory tags "+
			"pidMode ipcMode proxyConfiguration ephemeralStorage runtimePlatform", s.register)
	wire.HandleJSON(s.JSON, "DescribeTaskDefinition", schemas.DescribeTaskDefinitionRequest,
		schemas.DescribeTaskDefinitionResponse,
		"taskDefinition! include", s.describeDefinition)
	wire.HandleJSON(s.JSON, "DeregisterTaskDefinition", schemas.DeregisterTaskDefinitionRequest,
		schemas.DeregisterTaskDefinitionResponse,
		"taskDefinition!", s.deregister)
	wire.HandleJSON(s.JSON, "DeleteTaskDefinitions", schemas.DeleteTaskDefinitionsRequest,
		schemas.DeleteTaskDefinitionsResponse,
		"taskDefinitions!", s.deleteDefinitions)
	wire.HandleJSON(s.JSON, "ListTaskDefinitions", schemas.ListTaskDefinitionsRequest,
		schemas.ListTaskDefinitionsResponse,
		"familyPrefix status sort nextToken maxResults", s.listDefinitions)
	wire.HandleJSON(s.JSON, "ListTaskDefinitionFamilies", schemas.ListTaskDefinitionFamiliesRequest,
		schemas.ListTaskDefinitionFamiliesResponse,
		"familyPrefix status nextToken maxResults", s.listFamilies)
}

func (s *Service) register(_ context.Context,
	in *api.RegisterTaskDefinitionInput) (*api.RegisterTaskDefinitionOutput, error) {
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if err := s.checkDefinition(in); err != nil {
		return nil, err
	}
	revision := int32(len(s.families[*in.Family]) + 1) // revisions are never used again
	td := &taskDefinition{tags: tags, api: types.TaskDefinition{
		TaskDefinitionArn: aws.String(s.arn(fmt.Sprintf("task-definition/%s:%d", *in.Family, revision))),
		Family:            in.Family, Revision: revision, Status: types.TaskDefinitionStatusActive,
		ContainerDefinitions: withDefaults(in.ContainerDefinitions, in.NetworkMode),
		TaskRoleArn:          in.TaskRoleArn, ExecutionRoleArn: in.ExecutionRoleArn, NetworkMode: in.NetworkMode,
		Volumes: orEmpty(in.Volumes), PlacementConstraints: orEmpty(in.PlacementConstraints),
		Compatibilities: compatibilities(in), RequiresCompatibilities: in.RequiresCompatibilities,
		Cpu: in.Cpu, Memory: in.Memory, RuntimePlatform: in.RuntimePlatform, EphemeralStorage: in.EphemeralStorage,
		PidMode: in.PidMode, IpcMode: in.IpcMode, ProxyConfiguration: in.ProxyConfiguration,
		RequiresAttributes: []types.Attribute{}, RegisteredAt: aws.Time(s.cfg.Clock.Now()),
		RegisteredBy: aws.String(fmt.Sprintf("arn:%s:iam::%s:user/sandbox", s.cfg.Partition, s.cfg.Account)),
	}}
	s.families[*in.Family] = append(s.families[*in.Family], td)
	return &api.RegisterTaskDefinitionOutput{TaskDefinition: &td.api, Tags: tags}, nil
}

func compatibilities(in *api.RegisterTaskDefinitionInput) []types.Compatibility {
	var out []types.Compatibility
	onFargate := isFargate(in) || in.NetworkMode == types.NetworkModeAwsvpc && in.Cpu != nil && in.Memory != nil
	if !onFargate {
		out = append(out, types.CompatibilityExternal)
	}
	out = append(out, types.CompatibilityEc2)
	if fitsManaged(in) {
		out = append(out, types.CompatibilityManagedInstances)
	}
	if onFargate {
		out = append(out, types.CompatibilityFargate)
	}
	return out
}

// withDefaults writes down what ECS assumes for what a container leaves out.
func withDefaults(containers []types.ContainerDefinition, mode types.NetworkMode) []types.ContainerDefinition {
	out := slices.Clone(containers)
	for i := range out {
		c := &out[i]
		if c.Essential == nil {
			c.Essential = aws.Bool(true)
		}
		c.Environment = orEmpty(c.Environment)
		c.MountPoints = orEmpty(c.MountPoints)
		c.VolumesFrom = orEmpty(c.VolumesFrom)
		c.SystemControls = orEmpty(c.SystemControls)
		c.PortMappings = orEmpty(slices.Clone(c.PortMappings))
		for j := range c.PortMappings {
			p := &c.PortMappings[j]
			if p.Protocol == "" {
				p.Protocol = types.TransportProtocolTcp
			}
			if p.HostPort == nil && mode == types.NetworkModeAwsvpc {
				p.HostPort = p.ContainerPort
			}
		}
	}
	return out
}

// findDefinition takes "family" (its newest active revision), "family:revision" or an
// ARN of either; nil when there is none.
func (s *Service) findDefinition(ref string) *taskDefinition {
	family, revision, given := strings.Cut(lastPart(ref), ":")
	list := s.families[family]
	if given {
		n, err := strconv.Atoi(revision)
		if err != nil || n < 1 || n > len(list) || s.isGone(list[n-1]) {
			return nil
		}
		return list[n-1]
	}
	for _, td := range slices.Backward(list) {
		if td.isActive() {
			return td
		}
	}
	return nil
}

func (s *Service) describeDefinition(_ context.Context,
	in *api.DescribeTaskDefinitionInput) (*api.DescribeTaskDefinitionOutput, error) {
	td := s.findDefinition(*in.TaskDefinition)
	if td == nil {
		return nil, clientError("Unable to describe task definition.")
	}
	out := &api.DescribeTaskDefinitionOutput{TaskDefinition: &td.api}
	if slices.Contains(in.Include, types.TaskDefinitionFieldTags) {
		out.Tags = orEmpty(td.tags)
	}
	return out, nil
}

func (s *Service) deregister(_ context.Context,
	in *api.DeregisterTaskDefinitionInput) (*api.DeregisterTaskDefinitionOutput, error) {
	if !strings.Contains(lastPart(*in.TaskDefinition), ":") {
		return nil, clientError("Unable to parse TaskDefinition. Family and revision are required.")
	}
	td := s.findDefinition(*in.TaskDefinition)
	if td == nil {
		return nil, clientError("The specified task definition does not exist. Specify a valid account, family, " +
			"revision and try again.")
	}
	if td.isActive() { // one that is DELETE_IN_PROGRESS stays so
		td.api.Status = types.TaskDefinitionStatusInactive
		td.api.DeregisteredAt = aws.Time(s.cfg.Clock.Now())
	}
	return &api.DeregisterTaskDefinitionOutput{TaskDefinition: &td.api}, nil
}

func (s *Service) listDefinitions(_ context.Context,
	in *api.ListTaskDefinitionsInput) (*api.ListTaskDefinitionsOutput, error) {
	size, err := pageSize(in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	status := in.Status
	if status == "" {
		status = types.TaskDefinitionStatusActive
	}
	var arns []string
	for _, family := range s.familyNames() {
		// familyPrefix is, despite its name, a whole family here.
		if in.FamilyPrefix != nil && family != *in.FamilyPrefix {
			continue
		}
		for _, td := range s.families[family] {
			if td.api.Status == status && !s.isGone(td) {
				arns = append(arns, td.arn())
			}
		}
	}
	if in.Sort == types.SortOrderDesc {
		slices.Reverse(arns)
	}
	page, next, err := wire.Page(arns, in.NextToken, size, badToken)
	return &api.ListTaskDefinitionsOutput{TaskDefinitionArns: page, NextToken: next}, err
}

func (s *Service) familyNames() []string {
	var out []string
	for family := range s.families {
		out = append(out, family)
	}
	slices.Sort(out)
	return out
}

func (s *Service) listFamilies(_ context.Context,
	in *api.ListTaskDefinitionFamiliesInput) (*api.ListTaskDefinitionFamiliesOutput, error) {
	size, err := pageSize(in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, family := range s.familyNames() {
		if !slices.ContainsFunc(s.families[family], func(td *taskDefinition) bool { return !s.isGone(td) }) {
			continue
		}
		isActive := slices.ContainsFunc(s.families[family], (*taskDefinition).isActive)
		wanted := in.Status == "" || in.Status == types.TaskDefinitionFamilyStatusAll ||
			isActive == (in.Status == types.TaskDefinitionFamilyStatusActive)
		if wanted && strings.HasPrefix(family, aws.ToString(in.FamilyPrefix)) {
			out = append(out, family)
		}
	}
	page, next, err := wire.Page(out, in.NextToken, size, badToken)
	return &api.ListTaskDefinitionFamiliesOutput{Families: page, NextToken: next}, err
}
