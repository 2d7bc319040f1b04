package doctor

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	quotatypes "github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"ecsctl/internal/aws/quotascalls"
	"ecsctl/provision"
)

// What Fargate limits in an account and region: the vCPUs of all its tasks together, and
// with them their number. It is for on-demand tasks; Spot has one of its own.
const (
	fargateService = "fargate"
	fargateVCPUs   = "L-3032A538"
)

// usualRunCPU is what a flow run has when its pool says nothing (prefect_aws, ecs_worker).
const usualRunCPU = 1024

// quotaWarned is the share of a quota beyond which there is little room for flow runs.
const quotaWarned = 0.8

// checkQuota compares what Fargate allows with what runs and what is asked for: the
// workers that do not run yet, and one flow run.
func (d *doctor) checkQuota(ctx context.Context) {
	if !d.needsAWS(checkQuota) {
		return
	}
	limit, err := d.vcpuQuota(ctx)
	if err != nil {
		d.skip(checkQuota, err.Error())
		return
	}
	used, err := d.vcpusInUse(ctx)
	if err != nil {
		d.skip(checkQuota, err.Error())
		return
	}
	asked := d.vcpusAsked()
	reason := fmt.Sprintf("%g of %g vCPUs are in use; the worker and a flow run need %g", used, limit, asked)
	const fix = "ask for more in the console under Service Quotas, AWS Fargate (" + fargateVCPUs +
		"), or use smaller tasks, fewer workers or FARGATE_SPOT"
	switch {
	case used+asked > limit:
		d.fail(checkQuota, reason, fix)
	case used+asked > quotaWarned*limit:
		d.warn(checkQuota, reason+": there is little room for flow runs", fix)
	default:
		d.ok(checkQuota, reason)
	}
}

// vcpuQuota is the applied quota, or AWS's default where none was ever applied.
func (d *doctor) vcpuQuota(ctx context.Context) (float64, error) {
	api := quotascalls.New(d.AWS)
	out, err := api.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{
		ServiceCode: aws.String(fargateService), QuotaCode: aws.String(fargateVCPUs),
	})
	var missing *quotatypes.NoSuchResourceException
	if errors.As(err, &missing) {
		usual, err := api.GetAWSDefaultServiceQuota(ctx, &servicequotas.GetAWSDefaultServiceQuotaInput{
			ServiceCode: aws.String(fargateService), QuotaCode: aws.String(fargateVCPUs),
		})
		if err != nil {
			return 0, provision.ExplainAWS("read the quota of Fargate", err)
		}
		return aws.ToFloat64(usual.Quota.Value), nil
	}
	if err != nil {
		return 0, provision.ExplainAWS("read the quota of Fargate", err)
	}
	return aws.ToFloat64(out.Quota.Value), nil
}

// vcpusInUse adds up the on-demand Fargate tasks of all clusters.
func (d *doctor) vcpusInUse(ctx context.Context) (float64, error) {
	total := 0.0
	clusters := ecs.NewListClustersPaginator(d.Clients.ECS, &ecs.ListClustersInput{})
	for clusters.HasMorePages() {
		page, err := clusters.NextPage(ctx)
		if err != nil {
			return 0, provision.ExplainAWS("list the clusters", err)
		}
		for _, cluster := range page.ClusterArns {
			used, err := d.vcpusOf(ctx, cluster)
			if err != nil {
				return 0, err
			}
			total += used
		}
	}
	return total, nil
}

func (d *doctor) vcpusOf(ctx context.Context, cluster string) (float64, error) {
	total := 0.0
	pages := ecs.NewListTasksPaginator(d.Clients.ECS, &ecs.ListTasksInput{
		Cluster: &cluster, LaunchType: types.LaunchTypeFargate,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, provision.ExplainAWS("list the tasks", err)
		}
		if len(page.TaskArns) == 0 {
			continue
		}
		out, err := d.Clients.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &cluster, Tasks: page.TaskArns})
		if err != nil {
			return 0, provision.ExplainAWS("read the tasks", err)
		}
		for _, task := range out.Tasks {
			if onDemand(task) {
				units, _ := strconv.Atoi(aws.ToString(task.Cpu)) // ECS writes CPU units there
				total += float64(units) / 1024
			}
		}
	}
	return total, nil
}

// onDemand reports whether a task runs on Fargate and not on Spot: an emulator may not know the filters.
func onDemand(task types.Task) bool {
	return task.LaunchType == types.LaunchTypeFargate && aws.ToString(task.CapacityProviderName) != "FARGATE_SPOT" &&
		aws.ToString(task.DesiredStatus) == string(types.DesiredStatusRunning)
}

// vcpusAsked is for the workers that do not run yet, and one flow run.
func (d *doctor) vcpusAsked() float64 {
	workers := 1
	if d.spec.Worker.DesiredCount != nil {
		workers = *d.spec.Worker.DesiredCount
	}
	if d.running != nil {
		workers = max(0, d.running.desired-d.running.count)
	}
	run := d.spec.FlowRuns.CPU
	if run == 0 {
		run = usualRunCPU
	}
	switch d.spec.FlowRuns.LaunchesAs() {
	case "FARGATE_SPOT", "EC2", "EXTERNAL":
		run = 0
	}
	return float64(workers*d.spec.Worker.CPU+run) / 1024
}
