package worker

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Figures worked out by hand: hours x (vCPU x price + GB x price), at $0.04048 and $0.004445
// with x86_64, $0.03238 and $0.00356 with arm64.
func TestCostLine(t *testing.T) {
	t.Parallel()
	const onDemand = " (Fargate, on demand in us-east-1, June 2026)"
	began := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	task := func(took time.Duration, change func(*types.Task)) *types.Task {
		out := &types.Task{
			TaskArn: aws.String("arn:aws:ecs:us-east-1:123456789012:task/prod/0123456789abcdef0123456789abcdef"),
			Cpu:     aws.String("1024"), Memory: aws.String("2048"), LaunchType: types.LaunchTypeFargate,
			PullStartedAt: &began, StoppedAt: aws.Time(began.Add(took)),
		}
		if change != nil {
			change(out)
		}
		return out
	}
	for name, test := range map[string]struct {
		task *types.Task
		want string
	}{
		"an hour": {task(time.Hour, nil),
			"the ECS task took 1h0m0s with 1 vCPU and 2 GB: about $0.0494" + onDemand},
		"a minute is the least": {task(7*time.Second+900*time.Millisecond, nil),
			"the ECS task took 7s with 1 vCPU and 2 GB: about $0.0008" + onDemand},
		"small, arm64, a day": {task(24*time.Hour, func(t *types.Task) {
			t.Cpu, t.Memory = aws.String("256"), aws.String("512")
			t.Attributes = []types.Attribute{{Name: aws.String("ecs.cpu-architecture"), Value: aws.String("arm64")}}
		}), "the ECS task took 24h0m0s with 0.25 vCPU and 0.5 GB: about $0.24" + onDemand},
		"a region whose prices are not known": {task(time.Hour, func(t *types.Task) {
			t.TaskArn = aws.String("arn:aws:ecs:eu-west-1:123456789012:task/prod/0123456789abcdef0123456789abcdef")
		}), "the ECS task took 1h0m0s with 1 vCPU and 2 GB: about $0.0494" + onDemand},
		"Spot": {task(time.Hour, func(t *types.Task) {
			t.LaunchType, t.CapacityProviderName = "", aws.String("FARGATE_SPOT")
		}), "the ECS task took 1h0m0s with 1 vCPU and 2 GB: less than $0.0494 " +
			"(Fargate, the price on demand in us-east-1, June 2026)"},
		"an instance":         {task(time.Hour, func(t *types.Task) { t.LaunchType = types.LaunchTypeEc2 }), ""},
		"no image was pulled": {task(time.Hour, func(t *types.Task) { t.PullStartedAt = nil }), ""},
		"no size":             {task(time.Hour, func(t *types.Task) { t.Cpu = nil }), ""},
		"not known":           {nil, ""},
	} {
		if got := costLine(test.task); got != test.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}
