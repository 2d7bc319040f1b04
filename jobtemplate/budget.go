package jobtemplate

import (
	"encoding/json"

	"ecsctl/internal/bounded"
)

// Limits of what a job may be made from and grow to. ECS takes 64 KiB of task definition and
// 8 KiB of overrides, so no job that works comes near them; without them a flow author
// could take the memory of every worker in turn.
const (
	maxVariables    = 256 << 10
	maxGrowth       = 1 << 20 // bytes that placeholders put in
	maxPlaceholders = 2000    // that are filled in
	maxPathDepth    = 32      // of a variable "a.b.c"
	maxProblems     = 50
	maxMessage      = 2000
)

// budget is what placeholders may still put into a job.
type budget struct {
	found  *findings
	bytes  int
	places int
}

func newBudget(found *findings) *budget {
	return &budget{found: found, bytes: maxGrowth, places: maxPlaceholders}
}

// allows counts one placeholder, and reports whether it may be filled in.
func (b *budget) allows() bool {
	b.places--
	return !b.exceeded()
}

// text is what a placeholder puts into a longer text; nothing, once there is too much.
func (b *budget) text(value any) string {
	if b.exceeded() || !b.charge(value) {
		return ""
	}
	return pyText(value)
}

// copied is what takes the place of a placeholder that stands alone.
func (b *budget) copied(value any) any {
	if b.exceeded() || !b.charge(value) {
		return nil
	}
	return clone(value)
}

func (b *budget) charge(value any) bool {
	b.bytes -= weight(value)
	return !b.exceeded()
}

func (b *budget) exceeded() bool {
	switch {
	case b.bytes < 0:
		b.found.add("job_variables",
			"ECS takes 64 KiB of task definition and 8 KiB of overrides: put large values where the flow reads them",
			"with its placeholders filled in, the job grows by more than %s", bounded.Size(maxGrowth))
	case b.places < 0:
		b.found.add("job_variables", "name each value once", "the job has more than %d placeholders", maxPlaceholders)
	}
	return b.bytes < 0 || b.places < 0
}

// weight is about the size of a value as JSON.
func weight(value any) int {
	switch value := value.(type) {
	case string:
		return len(value) + 2
	case json.Number:
		return len(value)
	case []any:
		sum := 2
		for _, item := range value {
			sum += weight(item) + 1
		}
		return sum
	case map[string]any:
		sum := 2
		for key, item := range value {
			sum += len(key) + 4 + weight(item)
		}
		return sum
	}
	return 4
}

// checkSize refuses variables that no job can use.
func checkSize(found *findings, variables map[string]any) bool {
	if weight(variables) <= maxVariables {
		return true
	}
	found.add("job_variables", "put large values where the flow reads them, such as S3 or a Prefect block",
		"they are larger than %s, and ECS takes 64 KiB of task definition", bounded.Size(maxVariables))
	return false
}
