//go:build e2e

package main

import (
	"fmt"
	"strings"
	"time"

	"ecsctl/internal/fargate"
)

const (
	// runs is how many flow runs are started at once.
	runs = 20
	// tasks are all that can ever run: those runs, the others, and workers with their failures.
	tasks = runs + 15
	// limit is for the whole suite, so that the ceiling of its cost is one.
	limit = time.Hour
	// cleaning is the limit for taking everything away, after a failure too.
	cleaning = 20 * time.Minute
)

// In dollars, dated and sourced in docs/aws-notes.md.
const (
	addressHour = 0.005
	secretMonth = 0.40
	monthHours  = 730
	restAtMost  = 0.05 // requests of SQS, EventBridge, CloudWatch Logs and ECR, of which there are hundreds
)

// ceiling is what the suite can cost at most: each task for all of its time.
func ceiling() float64 {
	month, _ := fargate.MonthlyPrice(fargate.PriceRegion, fargate.ArchitectureX86, taskCPU, taskMemory)
	hours := (limit + cleaning).Hours()
	return hours*(tasks*(month/monthHours+addressHour)+secretMonth/monthHours) + restAtMost
}

// description is what will be made and cost; it asks nobody.
func (o options) description() string {
	var b strings.Builder
	fmt.Fprintf(&b, "acceptance on %s, region %s, pool %s\n\n", o.on, o.region, o.pool)
	fmt.Fprintf(&b, "It goes through the guide: %s.\n\n", strings.Join(stepNames(), ", "))
	fmt.Fprintf(&b, `It makes, all named after the pool and tagged ecsctl:pool=%[1]s and acceptance=%[1]s:
- an ECS cluster, a service with one worker of %[2]d CPU units and %[3]d MiB, its task definitions
- at most %[4]d flow runs in tasks of that size, one of them on Fargate Spot, each with a public address while it runs
- four IAM roles, a secret, a log group, a security group, two queues, a rule, two repositories
- in Prefect: a work pool, a flow, a deployment, their runs
%[5]sAll of it is taken away at the end, after a failure and after Ctrl-C too.

`, o.pool, taskCPU, taskMemory, runs+6, o.own.description())
	fmt.Fprintf(&b, "It costs %.2f dollars at most (prices of %s as of %s, each of %d tasks for all of %v). ",
		ceiling(), fargate.PriceRegion, fargate.PricesOf, tasks, limit+cleaning)
	if o.on == onAWS {
		b.WriteString("It usually takes half an hour, and a tenth of that.\n")
	} else {
		fmt.Fprintf(&b, "Here it costs nothing: %s is on this machine.\n", o.on)
	}
	return b.String()
}
