package status

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/provision"
	"ecsctl/provision/spec"
)

// taskProblem says why the worker's tasks fail, by the newest of them.
func (r *statusReader) taskProblem(failed []types.Task) Problem {
	task := failed[0]
	p := Problem{Severity: Fail, About: AboutTask, Details: stopDetails(task)}
	for _, line := range r.report.logs {
		p.Details = append(p.Details, "log: "+line)
	}
	if r.report.gaveUp() {
		p.Details = append(p.Details, "ECS has given up: "+aws.ToString(r.report.primary().RolloutStateReason))
	}
	reason := startReason(task)
	switch {
	case provision.UnhealthyTask(task):
		p.About, p.Cause = AboutWorker, "the worker fails its health check, and ECS stops it each time"
		p.Fix = []string{"see what it says with `" + r.logsLine() + "` and fix that, then: " + r.startAnew()}
	case task.StopCode == types.TaskStopCodeEssentialContainerExited:
		r.explainCrash(&p, task)
	case strings.HasPrefix(reason, "CannotPull"):
		r.explainPull(&p, task, reason)
	case has(reason, "secret", "ssm"):
		p.About, p.Cause = AboutSecret, "the worker's task cannot read its secret: "+reason
		p.Fix = []string{r.line}
	default:
		p.Cause = "the worker's task cannot be started: " + reason
		p.Fix = []string{"fix what it says, then: " + r.startAnew(), "ecsctl doctor checks roles, routes and quotas"}
	}
	return p
}

// startReason is why a task never ran: what its containers say of it goes before what the
// task says.
func startReason(task types.Task) string {
	for _, c := range task.Containers {
		if reason := aws.ToString(c.Reason); reason != "" {
			return reason
		}
	}
	return aws.ToString(task.StoppedReason)
}

func has(text string, words ...string) bool {
	text = strings.ToLower(text)
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

func (r *statusReader) explainPull(p *Problem, task types.Task, reason string) {
	image := "the worker's image"
	if len(task.Containers) > 0 {
		image = fmt.Sprintf("image %q", aws.ToString(task.Containers[0].Image))
	}
	if has(reason, "timeout", "deadline exceeded", "no such host", "connection refused") {
		p.About, p.Cause = AboutNetwork, "the worker's task does not reach the registry of "+image
		p.Fix = []string{"give its subnets a way out (NAT, or VPC endpoints for the registry), or public addresses: " +
			r.with(func(s *spec.Spec) { s.Network.AssignPublicIP = spec.PublicIPEnabled }),
			"ecsctl doctor looks at the routes"}
		return
	}
	p.About, p.Cause = AboutImage, image+" cannot be pulled: "+reason
	if r.said.Worker.Image != "" {
		p.Fix = []string{r.with(func(s *spec.Spec) { s.Worker.Image = "" }), "or push the image, then: " +
			r.startAnew()}
		return
	}
	if r.drifts(provision.KindImage) {
		p.Fix = []string{r.line} // pushes it again
		return
	}
	p.Fix = []string{"make sure that the registry has the image and the execution role may pull it, then: " +
		r.startAnew(), "or name one with: " + r.line + " --image IMAGE"}
}

func (r *statusReader) explainCrash(p *Problem, task types.Task) {
	p.About = AboutWorker
	p.Cause = "the worker keeps stopping"
	for _, c := range task.Containers {
		if c.ExitCode == nil {
			continue
		}
		p.Cause += fmt.Sprintf(": exit code %d", *c.ExitCode)
		if has(aws.ToString(c.Reason), "outofmemory") {
			p.Cause = "the worker keeps running out of memory"
			p.Fix = append(p.Fix, r.with(func(s *spec.Spec) { s.Worker.Memory = 2 * r.spec.Worker.Memory }))
		}
		break
	}
	if len(r.report.logs) > 0 {
		p.Cause += fmt.Sprintf(", its last log line: %s", r.report.logs[len(r.report.logs)-1])
	}
	p.Fix = append(p.Fix, r.startAnew(), "before that, fix what its log says: "+r.logsLine())
}

// stopDetails are what ECS says of a stopped task.
func stopDetails(task types.Task) []string {
	out := []string{fmt.Sprintf("task %s stopped (%s): %s", ShortName(aws.ToString(task.TaskArn)), task.StopCode,
		aws.ToString(task.StoppedReason))}
	for _, c := range task.Containers {
		if reason := aws.ToString(c.Reason); reason != "" {
			out = append(out, fmt.Sprintf("container %s: %s", aws.ToString(c.Name), reason))
		}
	}
	return out
}
