package status

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/diagnose"
	"ecsctl/internal/shellword"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

// serviceProblems say why the service runs no tasks, or not enough of them.
func (r *statusReader) serviceProblems() []Problem {
	report := r.report
	if report.service == nil {
		return r.noService()
	}
	if report.service.DesiredCount == 0 {
		return []Problem{r.scaledToZero()}
	}
	if failed := report.failed(); len(failed) > 0 && report.isFailing(failed, r.now) {
		return []Problem{r.taskProblem(failed)}
	}
	var out []Problem
	for _, task := range report.running {
		if p, stuck := r.stuck(task, "the worker's task "+ShortName(aws.ToString(task.TaskArn)), AboutTask); stuck {
			out = append(out, p)
		}
	}
	if report.gaveUp() {
		return append(out, r.givenUp())
	}
	if len(out) > 0 || report.service.RunningCount >= report.service.DesiredCount {
		return append(out, r.rolledBack()...)
	}
	if fails(r.out.Problems, AboutRole, AboutSecret, AboutNetwork) {
		return nil // the reason is known
	}
	return []Problem{r.tooFew()}
}

// noService is the plan's to tell, where there is one.
func (r *statusReader) noService() []Problem {
	if !r.report.read || r.out.Planned {
		return nil
	}
	if r.report.noCluster {
		return []Problem{{Severity: Fail, About: AboutCluster, Cause: fmt.Sprintf(missing[provision.KindCluster].what,
			r.out.Cluster), Fix: []string{r.line}}}
	}
	return []Problem{{Severity: Fail, About: AboutService,
		Cause: fmt.Sprintf("service %q does not exist: nothing runs a worker", r.spec.Names.Service),
		Fix:   []string{r.line}}}
}

func (r *statusReader) scaledToZero() Problem {
	p := Problem{Severity: Fail, About: AboutService, Cause: fmt.Sprintf("service %q is scaled to 0: it runs no worker",
		r.spec.Names.Service)}
	for _, w := range r.out.Workers {
		if !w.OfService && w.Status == online {
			p.Severity = Warn // somebody else serves the pool
		}
	}
	p.Fix = []string{r.with(func(s *spec.Spec) { one := 1; s.Worker.DesiredCount = &one })}
	return p
}

// tooFew is the problem of a service with too few tasks, none of which failed: ECS is starting
// them, or says in an event why not.
func (r *statusReader) tooFew() Problem {
	s := r.report.service
	p := Problem{Severity: Fail, About: AboutService, Cause: fmt.Sprintf("service %q runs %d of %d tasks",
		r.spec.Names.Service, s.RunningCount, s.DesiredCount)}
	for _, task := range r.report.running {
		if starting(task) {
			p.Cause += fmt.Sprintf("; task %s has been %s for %s", ShortName(aws.ToString(task.TaskArn)),
				aws.ToString(task.LastStatus), age(r.now, aws.ToTime(task.CreatedAt)))
			p.Fix = []string{"wait for it: ecsctl status --watch --pool " + shellword.Quote(r.spec.Pool)}
		}
	}
	p.Details = append(p.Details, r.report.lastEvents()...)
	if len(p.Fix) == 0 {
		p.Fix = []string{"fix what the events say, then: " + r.startAnew()}
	}
	if finding, ok := latestFinding(s.Events, r.now); ok {
		p.Cause, p.Fix = finding.Cause+": "+p.Cause, r.fixPlacement(finding)
	}
	return p
}

// eventAge is how long an event of the service speaks for the present: ECS repeats those of
// tasks that it cannot place.
const eventAge = time.Hour

// latestFinding is what the newest event that has a cause in it comes to.
func latestFinding(events []types.ServiceEvent, now time.Time) (diagnose.Finding, bool) {
	for _, event := range events[:min(eventsShown, len(events))] {
		if now.Sub(aws.ToTime(event.CreatedAt)) > eventAge {
			break
		}
		if finding, ok := diagnose.Text(aws.ToString(event.Message)); ok {
			return finding, true
		}
	}
	return diagnose.Finding{}, false
}

// fixPlacement returns fixes for tasks that ECS cannot place. ECS retries by itself; fewer
// tasks may fit.
func (r *statusReader) fixPlacement(finding diagnose.Finding) []string {
	fix := []string{finding.Advice}
	if running := int(r.report.service.RunningCount); running > 0 {
		fix = append(fix, "or run fewer workers: "+r.with(func(s *spec.Spec) { s.Worker.DesiredCount = &running }))
	}
	return fix
}

// primary is the deployment that ECS works on.
func (report serviceReport) primary() types.Deployment {
	for _, d := range report.service.Deployments {
		if aws.ToString(d.Status) == "PRIMARY" {
			return d
		}
	}
	return types.Deployment{}
}

// gaveUp reports whether ECS has stopped starting tasks (its deployment circuit breaker).
func (report serviceReport) gaveUp() bool {
	return report.service != nil && report.primary().RolloutState == types.DeploymentRolloutStateFailed
}

// failed are the stopped tasks of the primary deployment that nobody wanted to stop, the
// newest first. ECS shows them for an hour.
func (report serviceReport) failed() []types.Task {
	id := aws.ToString(report.primary().Id)
	return slices.DeleteFunc(slices.Clone(report.stopped), func(t types.Task) bool {
		return aws.ToString(t.StartedBy) != id || !isFailure(t)
	})
}

func isFailure(t types.Task) bool {
	switch t.StopCode {
	case types.TaskStopCodeTaskFailedToStart, types.TaskStopCodeEssentialContainerExited:
		return true
	case types.TaskStopCodeServiceSchedulerInitiated:
		return provision.UnhealthyTask(t)
	}
	return false
}

// isFailing reports whether the failures go on. A task that runs proves the contrary once
// it has lived twice as long as those that failed: until then it may be the next.
func (report serviceReport) isFailing(failed []types.Task, now time.Time) bool {
	var longest time.Duration
	for _, t := range failed {
		if t.StartedAt != nil {
			longest = max(longest, stoppedAt(t).Sub(*t.StartedAt))
		}
	}
	survivors := int32(0)
	for _, t := range report.running {
		ofPrimary := aws.ToString(t.StartedBy) == aws.ToString(report.primary().Id)
		if ofPrimary && aws.ToString(t.LastStatus) == "RUNNING" && t.StartedAt != nil &&
			(len(failed) == 1 || now.Sub(*t.StartedAt) > 2*longest) {
			survivors++
		}
	}
	return survivors < report.service.DesiredCount
}

// givenUp tells of a deployment for which ECS starts no more tasks, when nothing tells why:
// it shows stopped tasks for an hour.
func (r *statusReader) givenUp() Problem {
	s := r.report.service
	return Problem{Severity: Fail, About: AboutService,
		Cause: fmt.Sprintf("ECS gave up on the deployment of service %q, which runs %d of %d tasks: it starts no "+
			"more of them",
			r.spec.Names.Service, s.RunningCount, s.DesiredCount),
		Details: append([]string{aws.ToString(r.report.primary().RolloutStateReason)}, r.report.lastEvents()...),
		Fix:     []string{"fix what the events and `" + r.logsLine() + "` say, then: " + r.line}}
}

func (report serviceReport) lastEvents() []string {
	var out []string
	for _, event := range report.service.Events[:min(eventsShown, len(report.service.Events))] {
		out = append(out, "service event: "+aws.ToString(event.Message))
	}
	return out
}

// rolledBack tells of a deployment that ECS has taken back. One that failed and drains beside
// what a bootstrap wants is history.
func (r *statusReader) rolledBack() []Problem {
	if r.out.Planned && !r.serviceDrifts() {
		return nil
	}
	for _, d := range r.report.service.Deployments {
		if aws.ToString(d.Status) != "PRIMARY" && d.RolloutState == types.DeploymentRolloutStateFailed {
			return []Problem{{Severity: Warn, About: AboutService,
				Cause:   "the last deployment failed, and ECS went back to the one before",
				Details: []string{aws.ToString(d.RolloutStateReason)},
				Fix:     []string{"fix what the events say, then: " + r.line}}}
		}
	}
	return nil
}
