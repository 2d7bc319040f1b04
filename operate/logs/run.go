package logs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/aws/ecscalls"
	"ecsctl/internal/aws/logscalls"
	"ecsctl/internal/hint"
	"ecsctl/internal/uuid"
	"ecsctl/operate/status"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

// findFlowRun reads a run by its id, or the newest one of that name.
func findFlowRun(ctx context.Context, opts LogOptions) (*prefect.FlowRun, error) {
	api := opts.Clients.Prefect
	if uuid.Is(opts.FlowRun) {
		return api.ReadFlowRun(ctx, opts.FlowRun)
	}
	filter := prefect.FlowRunFilter{Names: []string{opts.FlowRun}, Sort: "EXPECTED_START_TIME_DESC"}
	if opts.Spec.Pool != "" {
		filter.WorkPoolNames = []string{opts.Spec.Pool}
	}
	runs, err := api.FilterFlowRuns(ctx, filter)
	if err != nil {
		return nil, err
	}
	if len(runs) == 0 {
		where := ""
		if opts.Spec.Pool != "" {
			where = fmt.Sprintf(" of work pool %q", opts.Spec.Pool)
		}
		return nil, hint.Add(fmt.Errorf("no flow run%s is called %q", where, opts.FlowRun),
			"list them with `prefect flow-run ls`")
	}
	if len(runs) > 1 {
		opts.Note(fmt.Sprintf("%d flow runs are called %q: this is the newest, %s", len(runs), opts.FlowRun,
			runs[0].ID))
	}
	return &runs[0], nil
}

// sourceOfRun is where the run's last task writes to: as its task definition says or,
// for a task that ECS does not remember, where a stream has the task's id.
func sourceOfRun(ctx context.Context, opts LogOptions, spec spec.Spec, run *prefect.FlowRun) (logSource, error) {
	cluster, arn, ok := strings.Cut(run.InfrastructurePID, "::")
	if !ok {
		return logSource{}, fmt.Errorf("flow run %q did not run in ECS: its infrastructure is %q", run.Name,
			run.InfrastructurePID)
	}
	definition, err := definitionOfTask(ctx, opts.Clients.ECS, cluster, arn)
	if err != nil {
		return logSource{}, err
	}
	if definition == nil {
		return searchStream(ctx, opts.Clients.Logs, spec, run, status.ShortName(arn))
	}
	var out logSource
	for _, c := range definition.ContainerDefinitions {
		log := c.LogConfiguration
		if log == nil || log.LogDriver != types.LogDriverAwslogs || log.Options["awslogs-stream-prefix"] == "" {
			continue
		}
		if out.group == "" {
			out.group = log.Options["awslogs-group"]
		}
		if out.group == log.Options["awslogs-group"] {
			out.streams = append(out.streams, log.Options["awslogs-stream-prefix"]+"/"+aws.ToString(c.Name)+"/"+
				status.ShortName(arn))
		}
	}
	if out.group == "" {
		return out, hint.Add(fmt.Errorf("the task of flow run %q writes no log to CloudWatch", run.Name),
			status.BootstrapLine(ctx, opts.Status, opts.Spec.Pool, withFlowRunLogs)+", and run the flow again",
			"what the flow itself logs is in Prefect: `prefect flow-run logs "+run.ID+"`")
	}
	return out, nil
}

func withFlowRunLogs(s *spec.Spec) { s.FlowRuns.Logs = aws.Bool(true) }

// definitionOfTask is nil when ECS does not remember the task, which it does for an hour
// after its end.
func definitionOfTask(ctx context.Context, api *ecscalls.Client, cluster, arn string) (*types.TaskDefinition, error) {
	got, err := api.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &cluster, Tasks: []string{arn}})
	var noCluster *types.ClusterNotFoundException
	if errors.As(err, &noCluster) || err == nil && len(got.Tasks) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, provision.ExplainAWS(fmt.Sprintf("read task %q", status.ShortName(arn)), err)
	}
	described, err := api.DescribeTaskDefinition(ctx,
		&ecs.DescribeTaskDefinitionInput{TaskDefinition: got.Tasks[0].TaskDefinitionArn})
	if err != nil {
		return nil, provision.ExplainAWS(fmt.Sprintf("read the task definition of task %q", status.ShortName(arn)), err)
	}
	return described.TaskDefinition, nil
}

// searchStream finds the stream by the task's id: among those that begin as ECS workers
// let them begin, and then among all.
func searchStream(ctx context.Context, api *logscalls.Client, spec spec.Spec, run *prefect.FlowRun,
	task string) (logSource, error) {
	out := logSource{group: spec.Names.LogGroup}
	for _, prefix := range []*string{aws.String("prefect-logs_" + spec.Pool), nil} {
		pages := cloudwatchlogs.NewDescribeLogStreamsPaginator(api, &cloudwatchlogs.DescribeLogStreamsInput{
			LogGroupName: &out.group, LogStreamNamePrefix: prefix,
		})
		for pages.HasMorePages() && len(out.streams) == 0 {
			page, err := pages.NextPage(ctx)
			var missing *logtypes.ResourceNotFoundException
			if errors.As(err, &missing) {
				return out, fmt.Errorf("log group %q does not exist", out.group)
			}
			if err != nil {
				return out, provision.ExplainAWS(fmt.Sprintf("list the streams of log group %q", out.group), err)
			}
			for _, stream := range page.LogStreams {
				if name := aws.ToString(stream.LogStreamName); strings.HasSuffix(name, "/"+task) {
					out.streams = append(out.streams, name)
				}
			}
		}
		if len(out.streams) > 0 {
			return out, nil
		}
	}
	return out,
		hint.Add(fmt.Errorf("ECS does not remember task %q of flow run %q, and log group %q has no stream of it", task,
			run.Name, out.group),
			"its lines may be older than the group keeps them, or in another group: name that with --log-group")
}
