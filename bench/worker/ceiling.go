//go:build e2e

package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"

	"ecsctl/prefect"
)

// atOnce is how many launches ecsctl works on at the same moment.
const atOnce = 16

// ceiling makes the calls that a launch cannot do without, and nothing else, and returns
// how many launches a second that would be: what the servers can do on this machine.
// They go the way that the workers' calls go, so the taps cost them the same.
func (r *rig) ceiling(ctx context.Context, withAWS bool) (float64, error) {
	a, err := r.arena(ctx, "ceiling")
	if err != nil {
		return 0, err
	}
	defer a.close()
	calls, err := r.bareCalls(ctx, a, withAWS)
	if err != nil {
		return 0, err
	}
	group, calling := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	began := time.Now()
	for _, run := range a.runs {
		group.Go(func() error { return calls.launch(calling, run.ID) })
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	return float64(len(a.runs)) / time.Since(began).Seconds(), nil
}

// bareCalls launches without thinking: each run in the same task definition.
type bareCalls struct {
	prefect    *prefect.Client
	ecs        *ecs.Client // nil: without AWS
	definition string
	subnets    []string
	states     []string // the names of the Pending states that a run goes through
}

func (r *rig) bareCalls(ctx context.Context, a *arena, withAWS bool) (*bareCalls, error) {
	api, err := prefect.New(prefect.Options{APIURL: a.prefectURL, MaxRetries: 50})
	if err != nil {
		return nil, err
	}
	b := &bareCalls{prefect: api, states: []string{"", "Submitting"}}
	if r.server.Venv != "prefect3" {
		b.states = b.states[:1]
	}
	if !withAWS {
		return b, nil
	}
	cfg := r.moto.Config(a.account, region)
	cfg.BaseEndpoint = &a.awsURL
	b.ecs = ecs.NewFromConfig(cfg)
	made, err := b.ecs.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("bench"), NetworkMode: ecstypes.NetworkModeAwsvpc, Cpu: aws.String("256"),
		Memory:                  aws.String("512"),
		RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("prefect"),
			Image: aws.String("busybox:1")}},
	})
	if err != nil {
		return nil, err
	}
	b.definition = *made.TaskDefinition.TaskDefinitionArn
	subnets, err := ec2.NewFromConfig(cfg).DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	if err != nil {
		return nil, err
	}
	for _, subnet := range subnets.Subnets {
		b.subnets = append(b.subnets, *subnet.SubnetId)
	}
	return b, nil
}

func (b *bareCalls) launch(ctx context.Context, run string) error {
	for _, name := range b.states {
		if _, err := b.prefect.SetFlowRunState(ctx, run, prefect.StateProposal{
			Type: prefect.Pending, Name: name,
		}); err != nil {
			return err
		}
	}
	if b.ecs != nil {
		if _, err := b.ecs.RunTask(ctx, b.runTask()); err != nil {
			return err
		}
	}
	pid := "default::bench"
	return b.prefect.UpdateFlowRun(ctx, run, prefect.FlowRunUpdate{InfrastructurePID: &pid})
}

func (b *bareCalls) runTask() *ecs.RunTaskInput {
	return &ecs.RunTaskInput{
		TaskDefinition: &b.definition, Cluster: aws.String("default"), LaunchType: ecstypes.LaunchTypeFargate,
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: b.subnets, SecurityGroups: []string{}, AssignPublicIp: ecstypes.AssignPublicIpEnabled,
		}},
	}
}
