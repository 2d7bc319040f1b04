package status

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ecsctl/internal/english"
)

// online is the status of a worker whose last heartbeat is recent.
const online = "ONLINE"

// workerProblems tell of a worker that Prefect does not hear of although its task runs.
func (r *statusReader) workerProblems() []Problem {
	s := r.report.service
	if s == nil || r.out.WorkPool == nil || s.DesiredCount == 0 || s.RunningCount == 0 {
		return nil // without tasks there is no worker: the cause is another
	}
	if fails(r.out.Problems, AboutService, AboutTask, AboutImage, AboutWorker, AboutNetwork) {
		return nil
	}
	for _, w := range r.out.Workers {
		if w.OfService && w.Status == online {
			return nil
		}
	}
	p := Problem{Severity: Fail, About: AboutWorker,
		Cause: fmt.Sprintf("of service %q %s running, but no worker is online in Prefect", r.spec.Names.Service,
			english.Are(int(s.RunningCount), "task"))}
	for _, task := range r.report.running {
		if started := task.StartedAt; started != nil && r.now.Sub(*started) < r.opts.StuckAfter {
			p.Cause += fmt.Sprintf(" yet: task %s started %s ago", ShortName(aws.ToString(task.TaskArn)),
				age(r.now, *started))
			break
		}
	}
	p.Fix = []string{
		"see what it says: " + r.logsLine(),
		"if it does not reach Prefect: give its subnets a way out; if Prefect refuses its key: set a valid " +
			"PREFECT_API_KEY and run " + r.line,
	}
	return []Problem{p}
}
