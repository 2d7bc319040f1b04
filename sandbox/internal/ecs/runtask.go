package ecs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/schemas"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox/internal/wire"
)

const (
	maxCount     = 10   // of tasks in one RunTask
	maxOverrides = 8192 // characters of the overrides as JSON
	maxToken     = 64
	maxStartedBy = 128
)

// launch remembers a RunTask by its client token.
type launch struct {
	params string
	arns   []string
}

func (s *Service) handleTasks() {
	wire.HandleJSON(s.JSON, "RunTask", schemas.RunTaskRequest, schemas.RunTaskResponse,
		"capacityProviderStrategy cluster count enableECSManagedTags enableExecuteCommand group launchType "+
			"networkConfiguration overrides "+
			"placementConstraints placementStrategy platformVersion propagateTags startedBy tags taskDefinition! "+
			"clientToken volumeConfigurations", s.runTask)
	wire.HandleJSON(s.JSON, "StopTask", schemas.StopTaskRequest, schemas.StopTaskResponse, "cluster task! reason",
		s.stopTaskCall)
	wire.HandleJSON(s.JSON, "DescribeTasks", schemas.DescribeTasksRequest, schemas.DescribeTasksResponse,
		"cluster tasks! include", s.describeTasks)
	wire.HandleJSON(s.JSON, "ListTasks", schemas.ListTasksRequest, schemas.ListTasksResponse,
		"cluster family nextToken maxResults startedBy serviceName desiredStatus launchType", s.listTasks)
}

func (s *Service) runTask(_ context.Context, in *api.RunTaskInput) (*api.RunTaskOutput, error) {
	if s.closed() {
		return nil, wire.WithStatus(500, "ServerException", "the ecsctl sandbox is closing")
	}
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if err := checkRunTask(in); err != nil {
		return nil, err
	}
	if again, err := s.launchedBefore(c, in); again != nil || err != nil {
		return again, err
	}
	spec, err := s.taskSpec(c, in)
	if err != nil {
		return nil, err
	}
	count := int(max(1, aws.ToInt32(in.Count)))
	if !s.cfg.Mishaps.LaunchQuota(count) {
		return nil, wire.Errorf("ThrottlingException", "Rate exceeded")
	}
	return s.place(c, in, spec, count), nil
}

// place starts the tasks that there is room for.
func (s *Service) place(c *cluster, in *api.RunTaskInput, spec taskSpec, count int) *api.RunTaskOutput {
	out := &api.RunTaskOutput{Tasks: []types.Task{}, Failures: []types.Failure{}}
	record := &launch{params: fingerprint(*in)}
	for len(out.Tasks)+len(out.Failures) < count {
		if reason := s.refusedPlacement("RunTask", spec); reason != "" {
			out.Failures = append(out.Failures, s.failure(c, reason))
			continue
		}
		t := s.addTask(c, spec)
		out.Tasks = append(out.Tasks, t.api)
		record.arns = append(record.arns, *t.api.TaskArn)
	}
	if in.ClientToken != nil && len(record.arns) > 0 {
		s.launches[c.name+" "+*in.ClientToken] = record
	}
	return out
}

// launchedBefore answers a client token that was used already.
func (s *Service) launchedBefore(c *cluster, in *api.RunTaskInput) (*api.RunTaskOutput, error) {
	record := s.launches[c.name+" "+aws.ToString(in.ClientToken)]
	if in.ClientToken == nil || record == nil {
		return nil, nil
	}
	if record.params != fingerprint(*in) {
		return nil, &wire.Error{
			Code: "ConflictException",
			Message: "The RunTask request could not be processed due to conflicts: the client token was used with " +
				"other parameters.",
			Fields: map[string]any{"resourceIds": record.arns},
		}
	}
	out := &api.RunTaskOutput{Tasks: []types.Task{}, Failures: []types.Failure{}}
	for _, arn := range record.arns {
		if t := c.tasks[arn]; t != nil {
			out.Tasks = append(out.Tasks, t.api)
		}
	}
	return out, nil
}

// fingerprint tells equal requests from different ones; the token itself does not count.
func fingerprint(in api.RunTaskInput) string {
	in.ClientToken = nil
	return asJSON(in)
}

func asJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("sandbox: request does not encode: %v", err))
	}
	return string(data)
}

func checkRunTask(in *api.RunTaskInput) error {
	switch {
	case in.Count != nil && (*in.Count < 1 || *in.Count > maxCount):
		return invalid("Count must be between 1 and %d.", maxCount)
	case len(aws.ToString(in.ClientToken)) > maxToken:
		return invalid("clientToken must be at most %d characters long.", maxToken)
	case len(aws.ToString(in.StartedBy)) > maxStartedBy:
		return invalid("startedBy must be at most %d characters long.", maxStartedBy)
	case in.LaunchType != "" && in.CapacityProviderStrategy != nil:
		return invalid("Specifying both a launch type and capacity provider strategy is not supported. Remove one " +
			"and try again.")
	case !startedBySyntax.MatchString(aws.ToString(in.StartedBy)):
		return invalid("startedBy can have letters, numbers, hyphens, forward slashes and underscores.")
	case len(in.PlacementConstraints)+len(in.PlacementStrategy) > 0 && in.LaunchType == types.LaunchTypeFargate:
		return clientError("Placement constraints and strategies are not supported with FARGATE launch type.")
	case in.Overrides != nil && overridesSize(in.Overrides) > maxOverrides:
		return invalid("Container Overrides length must be at most %d", maxOverrides)
	}
	return checkStrategy(in.CapacityProviderStrategy)
}

// overridesSize counts the characters of the overrides as they were sent, in JSON.
func overridesSize(o *types.TaskOverride) int {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(wire.EventDetail(schemas.TaskOverride, o)); err != nil {
		panic(fmt.Sprintf("sandbox: overrides do not encode: %v", err))
	}
	return utf8.RuneCountInString(strings.TrimSuffix(text.String(), "\n"))
}

// taskSpec checks a RunTask against everything that it refers to.
func (s *Service) taskSpec(c *cluster, in *api.RunTaskInput) (taskSpec, error) {
	spec := taskSpec{startedBy: aws.ToString(in.StartedBy), overrides: in.Overrides}
	var err error
	if spec.definition, err = s.runnable(*in.TaskDefinition); err != nil {
		return spec, err
	}
	if spec.provider, err = s.placement(c, in.LaunchType, in.CapacityProviderStrategy); err != nil {
		return spec, err
	}
	check := s.checkNetwork
	if spec.instance = s.onInstance(spec.provider); spec.instance {
		check = s.checkInstanceNetwork
	}
	if spec.network, err = check(spec.definition, in.NetworkConfiguration); err != nil {
		return spec, err
	}
	if p := s.providers[spec.provider]; p.manages() {
		if err := s.checkManagedTask(spec.definition, p, in.NetworkConfiguration); err != nil {
			return spec, err
		}
		spec.managed = p
	}
	if err := checkOverrides(spec, in.Overrides); err != nil {
		return spec, err
	}
	if err := checkOverrideValues(in.Overrides, spec.instance); err != nil {
		return spec, err
	}
	if err := checkRunExec(spec.definition, in); err != nil {
		return spec, err
	}
	if err := s.checkRoles(spec.definition, in.Overrides); err != nil {
		return spec, err
	}
	if err := s.checkVolumes(spec.definition, in); err != nil {
		return spec, err
	}
	spec.exec = in.EnableExecuteCommand
	if spec.instance && in.PlatformVersion != nil {
		return spec, invalid("The platform version must be null when specifying an EC2 launch type.")
	}
	if !spec.instance && len(in.PlacementConstraints)+len(in.PlacementStrategy) > 0 {
		return spec, clientError("Placement constraints and strategies are not supported with FARGATE launch type.")
	}
	if err := checkPlatform(in.PlatformVersion); err != nil {
		return spec, err
	}
	spec.group = "family:" + *spec.definition.api.Family
	if in.Group != nil {
		spec.group = *in.Group
	}
	spec.tags, err = s.taskTags(c, spec.definition, in)
	return spec, err
}

func (s *Service) taskTags(c *cluster, td *taskDefinition, in *api.RunTaskInput) ([]types.Tag, error) {
	var inherited []types.Tag
	switch in.PropagateTags {
	case types.PropagateTagsTaskDefinition:
		inherited = td.tags
	case types.PropagateTagsService:
		return nil, invalid("SERVICE is not a valid propagateTags value for RunTask.")
	}
	tags, err := mergeTags(inherited, in.Tags)
	if err == nil && in.EnableECSManagedTags {
		tags = withManagedTags(tags, c.name, "")
	}
	return tags, err
}

// checkOverrides refuses overrides that cannot take effect.
func checkOverrides(spec taskSpec, o *types.TaskOverride) error {
	td := spec.definition
	if o == nil {
		return nil
	}
	for _, c := range o.ContainerOverrides {
		known := slices.ContainsFunc(td.api.ContainerDefinitions, func(cd types.ContainerDefinition) bool {
			return *cd.Name == aws.ToString(c.Name)
		})
		if !known {
			return invalid("Override for container named %s is not a container in the TaskDefinition.",
				aws.ToString(c.Name))
		}
	}
	if spec.instance {
		return nil // of any size that fits the instance
	}
	cpu, memory := aws.ToString(td.api.Cpu), aws.ToString(td.api.Memory)
	if o.Cpu != nil {
		cpu = *o.Cpu
	}
	if o.Memory != nil {
		memory = *o.Memory
	}
	_, _, err := fargateSize(cpu, memory)
	return err
}
