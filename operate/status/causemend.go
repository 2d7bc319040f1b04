package status

import (
	"strings"

	"ecsctl/internal/shellword"
	"ecsctl/provision/spec"
)

// with is the command line of a bootstrap with something changed in the Spec.
func (r *statusReader) with(change func(*spec.Spec)) string {
	spec := r.said
	change(&spec)
	return r.opts.Bootstrap(spec)
}

// aws is a command line of the AWS CLI, for what ecsctl has no command for.
func (r *statusReader) aws(operation string, args ...string) string {
	words := append([]string{"aws", "ecs", operation, "--region", r.spec.Region, "--cluster", r.spec.Cluster}, args...)
	for i := range words {
		words[i] = shellword.Quote(words[i])
	}
	return strings.Join(words, " ")
}

// startAnew makes ECS start the service's tasks again. Where it has given up on that, a
// bootstrap does too, and puts right what else there is.
func (r *statusReader) startAnew() string {
	if r.report.gaveUp() {
		return r.line
	}
	return r.aws("update-service", "--service", r.spec.Names.Service, "--force-new-deployment")
}

func (r *statusReader) stopTask(id string) string { return r.aws("stop-task", "--task", id) }

func (r *statusReader) logsLine() string { return "ecsctl logs --pool " + shellword.Quote(r.spec.Pool) }
