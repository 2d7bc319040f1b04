package ecs

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox/internal/wire"
)

// task finds a task by id or ARN; nil when there is none in the cluster.
func (s *Service) task(c *cluster, ref string) *task {
	if !strings.HasPrefix(ref, "arn:") {
		ref = s.arn("task/" + c.name + "/" + ref)
	}
	if t := c.tasks[ref]; t != nil && s.sees(t) {
		return t
	}
	return nil
}

// sees reports whether calls find a task: ECS is eventually consistent.
func (s *Service) sees(t *task) bool {
	return s.cfg.Clock.Since(*t.api.CreatedAt) >= s.cfg.Mishaps.TaskUnseen()
}

func (s *Service) describeTasks(_ context.Context, in *api.DescribeTasksInput) (*api.DescribeTasksOutput, error) {
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	switch {
	case len(in.Tasks) == 0:
		return nil, invalid("Tasks cannot be empty.")
	case len(in.Tasks) > 100:
		return nil, invalid("Tasks can have at most 100 items.")
	}
	s.forgetStopped(c)
	out := &api.DescribeTasksOutput{Tasks: []types.Task{}, Failures: []types.Failure{}}
	for _, ref := range in.Tasks {
		t := s.task(c, ref)
		if t == nil {
			out.Failures = append(out.Failures, missing(s.arn("task/"+c.name+"/"+lastPart(ref))))
			continue
		}
		described := t.api
		if !slices.Contains(in.Include, types.TaskFieldTags) {
			described.Tags = []types.Tag{}
		}
		out.Tasks = append(out.Tasks, described)
	}
	return out, nil
}

func (s *Service) stopTaskCall(_ context.Context, in *api.StopTaskInput) (*api.StopTaskOutput, error) {
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	t := s.task(c, *in.Task)
	if t == nil {
		return nil, invalid("The referenced task was not found.")
	}
	reason := "Task stopped by user"
	if in.Reason != nil {
		reason = *in.Reason
	}
	s.requestStop(t, types.TaskStopCodeUserInitiated, reason)
	return &api.StopTaskOutput{Task: &t.api}, nil
}

func (s *Service) listTasks(ctx context.Context, in *api.ListTasksInput) (*api.ListTasksOutput, error) {
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	size, err := pageSize(in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	if in.ServiceName != nil && in.Family != nil {
		return nil, invalid("cannot specify family and serviceName together")
	}
	var of *service
	if in.ServiceName != nil {
		if of = c.services[lastPart(*in.ServiceName)]; of == nil {
			return nil, serviceNotFound()
		}
	}
	s.forgetStopped(c)
	var found []*task
	for _, t := range c.tasks {
		wanted := wire.Unfiltered(ctx) || t.listed(in)
		if wanted && s.sees(t) && (of == nil || t.service == of) && !s.cfg.Lag.Behind("task "+*t.api.TaskArn) {
			found = append(found, t)
		}
	}
	slices.SortFunc(found, func(a, b *task) int { return strings.Compare(*a.api.TaskArn, *b.api.TaskArn) })
	page, next, err := wire.Page(found, in.NextToken, size, badToken)
	if err != nil {
		return nil, err
	}
	out := &api.ListTasksOutput{TaskArns: []string{}, NextToken: next}
	for _, t := range page {
		out.TaskArns = append(out.TaskArns, *t.api.TaskArn)
	}
	return out, nil
}

// listed looks at all filters but the service.
func (t *task) listed(in *api.ListTasksInput) bool {
	status := taskRunning
	if in.DesiredStatus != "" {
		status = string(in.DesiredStatus)
	}
	return *t.api.DesiredStatus == status &&
		(in.Family == nil || *t.definition.api.Family == *in.Family) &&
		(in.StartedBy == nil || aws.ToString(t.api.StartedBy) == *in.StartedBy) &&
		(in.LaunchType == "" || t.api.LaunchType == in.LaunchType)
}
