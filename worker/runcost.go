package worker

import (
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/fargate"
)

// leastBilled is what Fargate charges at least for a task of Linux (docs/aws-notes.md).
const leastBilled = time.Minute

// costLine says how long a task on Fargate ran, and what that costs. It is empty for a task
// that never began, or ran on an instance, which costs whether tasks run on it or not.
func costLine(task *types.Task) string {
	onSpot := task != nil && aws.ToString(task.CapacityProviderName) == fargateSpotProvider
	if task == nil || task.PullStartedAt == nil || task.StoppedAt == nil ||
		!onSpot && task.LaunchType != types.LaunchTypeFargate {
		return ""
	}
	cpu, noCPU := strconv.Atoi(aws.ToString(task.Cpu))
	memory, noMemory := strconv.Atoi(aws.ToString(task.Memory))
	where, noPlace := arn.Parse(aws.ToString(task.TaskArn))
	if noCPU != nil || noMemory != nil || noPlace != nil {
		return ""
	}
	architecture := architectureOf(task)
	region := fargate.PricedRegion(where.Region, architecture)
	hourly, _ := fargate.HourlyPrice(region, architecture, cpu, memory)
	ran := task.StoppedAt.Sub(*task.PullStartedAt).Truncate(time.Second)
	about, price := "about", "on demand"
	if onSpot {
		about, price = "less than", "the price on demand"
	}
	return fmt.Sprintf("the ECS task took %s with %g vCPU and %g GB: %s $%s (Fargate, %s in %s, %s)", ran,
		float64(cpu)/1024, float64(memory)/1024, about, inDollars(hourly*max(ran, leastBilled).Hours()), price, region,
		fargate.PricesOf)
}

// inDollars keeps what is left of a price that is far below a cent.
func inDollars(price float64) string {
	if price < 0.1 {
		return strconv.FormatFloat(price, 'f', 4, 64)
	}
	return strconv.FormatFloat(price, 'f', 2, 64)
}

func architectureOf(task *types.Task) string {
	for _, a := range task.Attributes {
		if aws.ToString(a.Name) == "ecs.cpu-architecture" {
			return aws.ToString(a.Value)
		}
	}
	return fargate.ArchitectureX86
}
