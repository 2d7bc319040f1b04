package jobtemplate

import (
	"strings"
	"time"
)

// labels are those of the run, its pool, worker, flow and deployment, with the job's
// own over them.
func (s subject) labels(c config) map[string]string {
	labels := map[string]string{}
	for name, value := range map[string]string{
		"flow-run-id":     field(s.flowRun, "id"),
		"flow-run-name":   field(s.flowRun, "name"),
		"version":         s.version,
		"work-pool-name":  field(s.pool, "name"),
		"work-pool-id":    field(s.pool, "id"),
		"worker-name":     s.workerName,
		"flow-id":         field(s.flow, "id"),
		"flow-name":       field(s.flow, "name"),
		"deployment-id":   field(s.deployment, "id"),
		"deployment-name": field(s.deployment, "name"),
	} {
		if value != "" {
			labels[labelPrefix+name] = value
		}
	}
	if updated := pyTime(field(s.deployment, "updated")); updated != "" {
		labels[labelPrefix+"deployment-updated"] = updated
	}
	for name, value := range c.labels {
		labels[name] = value
	}
	return labels
}

// pyTime writes a time of the API as Python's isoformat does in UTC: microseconds
// only when there are any, and +00:00 for the zone.
func pyTime(text string) string {
	t, err := time.Parse(time.RFC3339Nano, strings.Replace(text, " ", "T", 1))
	if err != nil {
		return text
	}
	t = t.UTC().Truncate(time.Microsecond)
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05+00:00")
	}
	return t.Format("2006-01-02T15:04:05.000000+00:00")
}

// jobName fills {{ ctx.flow.* }} and {{ ctx.flow_run.* }} into the name; without one
// the job is named after its run.
func (s subject) jobName(c config, environ func(string) (string, bool), spent *budget) string {
	if c.name != "" {
		context := map[string]any{"ctx": map[string]any{"flow": s.flow, "flow_run": s.flowRun}}
		rendered, set := expander{values: context, environ: environ, budget: spent}.expand(c.name)
		if !set {
			return c.name
		}
		if truthy(rendered) {
			return pyText(rendered)
		}
	}
	return field(s.flowRun, "name")
}
