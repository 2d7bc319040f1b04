package status

import (
	"cmp"
	"slices"

	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
	"ecsctl/operate"
)

// Severity says how much a problem matters.
type Severity = operate.CheckStatus

// The severities. With a Fail flow runs do not run as they should.
const (
	Fail = operate.CheckFail
	Warn = operate.CheckWarn
)

// About is what a problem is about. The causes of others come first, see causeOrder.
type About string

// What problems are about.
const (
	AboutPrefect     About = "prefect"
	AboutAWS         About = "aws"
	AboutCluster     About = "cluster"
	AboutRole        About = "role"
	AboutSecret      About = "secret"
	AboutNetwork     About = "network"
	AboutImage       About = "image"
	AboutService     About = "service"
	AboutTask        About = "task"
	AboutWorkPool    About = "work-pool"
	AboutWorkQueue   About = "work-queue"
	AboutWorker      About = "worker"
	AboutFlowRunTask About = "flow-run-task"
	AboutLateRuns    About = "late-runs"
	AboutDrift       About = "drift"
)

// causeOrder has what breaks other things before what it breaks.
var causeOrder = []About{
	AboutPrefect, AboutAWS, AboutCluster, AboutRole, AboutSecret, AboutNetwork, AboutImage, AboutService, AboutTask,
	AboutWorkPool, AboutWorkQueue, AboutWorker, AboutFlowRunTask, AboutLateRuns, AboutDrift,
}

// Problem is one thing that is wrong.
type Problem struct {
	Severity Severity `json:"severity"`
	About    About    `json:"about"`
	Cause    string   `json:"cause"`
	// Details are what others say of it: events, stop reasons, log lines.
	Details []string `json:"details,omitempty"`
	// Fix are commands and settings that fix it, the best first.
	Fix []string `json:"fix,omitempty"`
	// Denied: it is that AWS lets the caller not look.
	Denied bool `json:"-"`
}

// problemOf is an error that kept something from being looked at, with its hints.
func problemOf(about About, err error) Problem {
	return Problem{Severity: Fail, About: about, Cause: err.Error(), Fix: hint.Of(err), Denied: awserr.Denied(err)}
}

// sortProblems puts the failures first, and causes before what they cause.
func sortProblems(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		if a.Severity != b.Severity {
			return cmp.Compare(a.Severity, b.Severity) // "FAIL" before "WARN"
		}
		return cmp.Compare(slices.Index(causeOrder, a.About), slices.Index(causeOrder, b.About))
	})
}

// fails reports whether a problem about any of these is among them.
func fails(problems []Problem, about ...About) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool {
		return p.Severity == Fail && slices.Contains(about, p.About)
	})
}
