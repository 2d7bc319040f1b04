package jobtemplate

import (
	"math"
	"time"
)

const (
	startTimeoutVariable = "task_start_timeout_seconds"
	// serversStartTimeout is the default in the templates of servers, where it was never used.
	serversStartTimeout = 300
)

// startTimeout is task_start_timeout_seconds where a person has set it: in a job variable, in
// the template, or as another default than the server's own.
func startTimeout(t template, variables, document map[string]any) time.Duration {
	seconds, ok := laxInteger(document[startTimeoutVariable])
	if !ok || seconds <= 0 || seconds > math.MaxInt32 {
		return 0
	}
	_, given := variables[startTimeoutVariable]
	isDefault := t.configuration[startTimeoutVariable] == any("{{ "+startTimeoutVariable+" }}")
	if seconds == serversStartTimeout && isDefault && !given {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
