package status

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"

	"ecsctl/internal/aws/ecscalls"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

const (
	eventsShown = 5 // of a service; ECS keeps 100
	linesShown  = 5 // of a log
)

// Service is the ECS service that runs the workers.
type Service struct {
	Name        string       `json:"name"`
	Status      string       `json:"status"`
	Desired     int32        `json:"desired"`
	Running     int32        `json:"running"`
	Pending     int32        `json:"pending"`
	Deployments []Deployment `json:"deployments"` // the newest first
	Events      []Event      `json:"events"`      // the newest first
	Tasks       []Task       `json:"tasks"`       // that are to run
}

// Deployment is one rollout of the service.
type Deployment struct {
	ID             string    `json:"id"`
	Status         string    `json:"status"`  // PRIMARY, ACTIVE, INACTIVE
	Rollout        string    `json:"rollout"` // COMPLETED, FAILED, IN_PROGRESS
	Reason         string    `json:"reason,omitempty"`
	TaskDefinition string    `json:"taskDefinition"`
	Created        time.Time `json:"created"`
}

// Event is what ECS says that it did.
type Event struct {
	Time    time.Time `json:"time"`
	Message string    `json:"message"`
}

// Task is a task of the service.
type Task struct {
	ID      string     `json:"id"`
	Status  string     `json:"status"` // lastStatus
	Health  string     `json:"health,omitempty"`
	Image   string     `json:"image"`
	Version string     `json:"version"` // the image's tag, or its digest where that has none
	Created time.Time  `json:"created"`
	Started *time.Time `json:"started,omitempty"`
}

// serviceReport is what ECS knows of the service, for judging.
type serviceReport struct {
	read             bool // all of it could be read
	noCluster        bool
	service          *types.Service
	running, stopped []types.Task // stopped: the newest first
	logs             []string     // the end of what the newest stopped task wrote, or else one that runs
}

// readService reads the service and its tasks.
func (r *statusReader) readService(ctx context.Context) {
	report, err := readServiceReport(ctx, r.opts.Clients, r.spec)
	if err != nil {
		r.unread(AboutAWS, err)
		return
	}
	if tasks := slices.Concat(report.stopped, report.running); len(tasks) > 0 {
		report.logs = r.lastLines(ctx, tasks[0])
	}
	var shown *Service
	if report.service != nil {
		shown = showService(report)
		r.readVersions(ctx, shown.Tasks)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report, r.out.Service = report, shown
}

// readVersions says by their tags what the tasks run.
func (r *statusReader) readVersions(ctx context.Context, tasks []Task) {
	known := map[string]string{}
	for i, task := range tasks {
		if _, ok := known[task.Image]; !ok {
			known[task.Image] = r.versionOf(ctx, task.Image)
		}
		tasks[i].Version = known[task.Image]
	}
}

// versionOf asks ECR for the tag of an image that is named by its digest, as bootstrap names
// the one that it pushes.
func (r *statusReader) versionOf(ctx context.Context, image string) string {
	name, digest, ok := strings.Cut(image, "@")
	if !ok {
		return image[strings.LastIndexAny(image, "/:")+1:]
	}
	_, repository, _ := strings.Cut(name, "/")
	out, err := r.opts.Clients.ECR.DescribeImages(ctx, &ecr.DescribeImagesInput{
		RepositoryName: &repository, ImageIds: []ecrtypes.ImageIdentifier{{ImageDigest: &digest}},
	})
	if err != nil || len(out.ImageDetails) == 0 || len(out.ImageDetails[0].ImageTags) == 0 {
		r.opts.Logger.DebugContext(ctx, "cannot read the image's tag", "image", image, "error", err)
		return digest
	}
	return out.ImageDetails[0].ImageTags[0]
}

// readServiceReport leaves service nil when there is none, or no cluster.
func readServiceReport(ctx context.Context, c *provision.Clients, spec spec.Spec) (serviceReport, error) {
	out := serviceReport{read: true}
	var got *ecs.DescribeServicesOutput
	var unread, noTasks error
	var group, tasks errgroup.Group
	group.Go(func() error {
		got, unread = c.ECS.DescribeServices(ctx, &ecs.DescribeServicesInput{
			Cluster: aws.String(spec.Cluster), Services: []string{spec.Names.Service},
		})
		return nil
	})
	for status, into := range map[types.DesiredStatus]*[]types.Task{
		types.DesiredStatusRunning: &out.running, types.DesiredStatusStopped: &out.stopped,
	} {
		tasks.Go(func() (err error) {
			*into, err = serviceTasks(ctx, c.ECS, spec, status)
			return err
		})
	}
	_, noTasks = group.Wait(), tasks.Wait()
	var noCluster *types.ClusterNotFoundException
	if errors.As(unread, &noCluster) {
		return serviceReport{read: true, noCluster: true}, nil
	}
	if unread != nil {
		return serviceReport{}, provision.ExplainAWS(fmt.Sprintf("read service %q", spec.Names.Service), unread)
	}
	for _, service := range got.Services {
		if aws.ToString(service.Status) == "ACTIVE" {
			out.service = &service
		}
	}
	if out.service == nil {
		return serviceReport{read: true}, nil // it has no tasks either
	}
	if noTasks != nil {
		return serviceReport{}, provision.ExplainAWS(fmt.Sprintf("read the tasks of service %q", spec.Names.Service),
			noTasks)
	}
	slices.SortFunc(out.stopped, func(a, b types.Task) int { return stoppedAt(b).Compare(stoppedAt(a)) })
	return out, nil
}

// serviceTasks reads the first hundred tasks: more say no more.
func serviceTasks(ctx context.Context, api *ecscalls.Client, spec spec.Spec,
	status types.DesiredStatus) ([]types.Task, error) {
	list, err := api.ListTasks(ctx, &ecs.ListTasksInput{
		Cluster: aws.String(spec.Cluster), ServiceName: aws.String(spec.Names.Service), DesiredStatus: status,
	})
	if err != nil || len(list.TaskArns) == 0 {
		return nil, err
	}
	got, err := api.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: aws.String(spec.Cluster), Tasks: list.TaskArns})
	if err != nil {
		return nil, err
	}
	// An emulator may not know the filters; and the answer may be others' too.
	return slices.DeleteFunc(slices.Clone(got.Tasks), func(task types.Task) bool {
		return aws.ToString(task.Group) != "service:"+spec.Names.Service ||
			aws.ToString(task.DesiredStatus) != string(status)
	}), nil
}

func stoppedAt(task types.Task) time.Time {
	if task.StoppedAt != nil {
		return *task.StoppedAt
	}
	return aws.ToTime(task.CreatedAt)
}

// lastLines are the last of what a worker's task has written. Without them the rest is said
// all the same.
func (r *statusReader) lastLines(ctx context.Context, task types.Task) []string {
	out, err := r.opts.Clients.Logs.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{
		LogGroupName:  aws.String(r.spec.WorkerLogGroup()),
		LogStreamName: aws.String(provision.WorkerLogStream(ShortName(aws.ToString(task.TaskArn)))),
		Limit:         aws.Int32(linesShown),
	})
	if err != nil {
		r.opts.Logger.DebugContext(ctx, "cannot read the worker's log", "error", err)
		return nil
	}
	var lines []string
	for _, event := range out.Events {
		lines = append(lines, strings.TrimRight(aws.ToString(event.Message), "\r\n"))
	}
	return lines
}

func showService(report serviceReport) *Service {
	s := report.service
	out := &Service{
		Name: aws.ToString(s.ServiceName), Status: aws.ToString(s.Status), Desired: s.DesiredCount,
		Running: s.RunningCount, Pending: s.PendingCount,
		Deployments: []Deployment{}, Events: []Event{}, Tasks: []Task{},
	}
	for _, d := range s.Deployments {
		out.Deployments = append(out.Deployments, Deployment{
			ID: aws.ToString(d.Id), Status: aws.ToString(d.Status), Rollout: string(d.RolloutState),
			Reason:         aws.ToString(d.RolloutStateReason),
			TaskDefinition: ShortName(aws.ToString(d.TaskDefinition)), Created: aws.ToTime(d.CreatedAt).UTC(),
		})
	}
	for _, event := range s.Events[:min(eventsShown, len(s.Events))] {
		out.Events = append(out.Events, Event{aws.ToTime(event.CreatedAt).UTC(), aws.ToString(event.Message)})
	}
	for _, task := range report.running {
		shown := Task{ID: ShortName(aws.ToString(task.TaskArn)), Status: aws.ToString(task.LastStatus),
			Created: aws.ToTime(task.CreatedAt).UTC(), Started: task.StartedAt}
		if task.HealthStatus != types.HealthStatusUnknown {
			shown.Health = string(task.HealthStatus)
		}
		if len(task.Containers) > 0 {
			shown.Image = aws.ToString(task.Containers[0].Image)
		}
		out.Tasks = append(out.Tasks, shown)
	}
	return out
}
