package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go/middleware"

	"ecsctl/worker/awsaccess"
	"ecsctl/worker/runlog"
)

const (
	// slowStart is how long a task may take to start before its run's log says so: most
	// take less than a minute. It is said again when it has taken twice as long.
	slowStart = 3 * time.Minute
	// startLimitWords are in the reason of a task that was stopped because it did not start;
	// internal/diagnose knows them.
	startLimitWords = "the task had not started within %d s (task_start_timeout_seconds)"
)

// slowStarts is the stage that speaks of tasks that do not start, and stops them where the work
// pool says after how long.
type slowStarts struct {
	table *table
	lines *runlog.Lines
}

// living is a task that has not stopped.
type living struct {
	entry  tracked
	task   *types.Task
	answer middleware.Metadata // of the answer that it is from
}

// hasStarted: what is asked of it from now on is whether it has stopped.
func (s living) hasStarted() bool {
	switch aws.ToString(s.task.LastStatus) {
	case "PROVISIONING", "PENDING", "ACTIVATING":
		return s.task.StartedAt != nil
	}
	return true
}

// waited is how long the task has taken so far, by AWS's clock.
func (s living) waited() time.Duration {
	if s.task.CreatedAt == nil {
		return time.Since(s.entry.since)
	}
	return time.Since(hereFromAWS(s.answer, s.task.CreatedAt))
}

// isSlow reports whether an entry is to be looked at although changes are heard of.
func (e tracked) isSlow(now time.Time) bool {
	wait := slowStart
	if e.startLimit > 0 {
		wait = min(wait, e.startLimit)
	}
	return !e.started && now.Sub(e.since) >= wait
}

// see looks at tasks that have not stopped.
func (s *slowStarts) see(ctx context.Context, seen []living) error {
	var failures []error
	for _, one := range seen {
		if one.entry.started {
			continue
		}
		waited := one.waited().Round(time.Second)
		switch limit := one.entry.startLimit; {
		case one.hasStarted():
			s.started(ctx, one, waited)
		case limit > 0 && waited >= limit:
			failures = append(failures, s.stop(ctx, one))
		case waited >= max(slowStart, 2*one.entry.startSaid):
			s.say(ctx, one, waited)
		}
	}
	return errors.Join(failures...)
}

func (s *slowStarts) started(ctx context.Context, one living, waited time.Duration) {
	s.table.change(one.entry.run.ID, func(e *tracked) { e.started = true })
	if one.entry.startSaid > 0 {
		s.lines.Of(one.entry.run).InfoContext(ctx, fmt.Sprintf("the ECS task has started after %s", waited))
	}
}

func (s *slowStarts) say(ctx context.Context, one living, waited time.Duration) {
	due := slowStart
	for 2*due <= waited {
		due *= 2
	}
	s.table.change(one.entry.run.ID, func(e *tracked) { e.startSaid = due })
	s.lines.Of(one.entry.run).WarnContext(ctx, fmt.Sprintf("the ECS task has not started for %s. ECS says: %s", waited,
		waitingWords(*one.task)))
}

// stop has ECS stop the task. The run is Crashed when it was seen stopped.
func (s *slowStarts) stop(ctx context.Context, one living) error {
	if time.Since(one.entry.stopAsked) < stopAgain {
		return nil
	}
	at, limit := one.entry.at, int(one.entry.startLimit.Seconds())
	reason := fmt.Sprintf("ecsctl: "+startLimitWords, limit)
	_, err := at.clients.ECS.StopTask(ctx, &ecs.StopTaskInput{Cluster: &at.cluster, Task: &at.task, Reason: &reason})
	if isUnknownTask(err) {
		return nil // it is gone: the next sweep sees to it
	}
	if err != nil {
		return awsaccess.Explain("stop ECS task \""+at.task+"\"", err)
	}
	s.table.change(one.entry.run.ID, func(e *tracked) { e.stopAsked = time.Now() })
	s.lines.Of(one.entry.run).WarnContext(ctx, fmt.Sprintf("the ECS task is stopped: it has not started within %d s, "+
		"as task_start_timeout_seconds wants. ECS says: %s", limit, waitingWords(*one.task)))
	return nil
}

// waitingWords are what ECS says of a task that has not started.
func waitingWords(t types.Task) string {
	words := []string{"the task is " + aws.ToString(t.LastStatus)}
	if name := aws.ToString(t.CapacityProviderName); name != "" {
		words = append(words, "capacity provider "+name)
	}
	for _, a := range t.Attachments {
		if status := aws.ToString(a.Status); status != "ATTACHED" {
			words = append(words, fmt.Sprintf("%s is %s", aws.ToString(a.Type), status))
		}
	}
	switch {
	case t.PullStartedAt != nil && t.PullStoppedAt == nil:
		words = append(words, "its images are pulled since "+t.PullStartedAt.UTC().Format(time.TimeOnly)+" UTC")
	case t.Connectivity == types.ConnectivityDisconnected:
		words = append(words, "its container agent is disconnected")
	}
	if reason := strings.TrimSuffix(aws.ToString(t.StoppedReason), "."); reason != "" {
		words = append(words, reason)
	}
	for _, c := range t.Containers {
		text := fmt.Sprintf("container %q is %s", aws.ToString(c.Name), aws.ToString(c.LastStatus))
		if reason := aws.ToString(c.Reason); reason != "" {
			text += ": " + reason
		}
		words = append(words, text)
	}
	return strings.Join(words, "; ")
}
