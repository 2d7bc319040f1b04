package taskchange

import (
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ecsctl/prefect"
)

// Event is what the official observer sends to Prefect for a change, from a worker of that type and version. It
// means to chain the events of a task by `follows` and never does (it looks for the last event under the new event's
// own id); a chain across workers that share a queue would have gaps, for whose filling the server holds events
// back. So there is none here either.
func (c *Change) Event(workerType, version string) prefect.Event {
	resource := map[string]string{
		"prefect.resource.id": "prefect.ecs.task." + c.ARN()[strings.LastIndex(c.ARN(), "/")+1:],
		"ecs.taskArn":         c.ARN(),
	}
	for label, value := range map[string]*string{
		"ecs.clusterArn": c.Task.ClusterArn, "ecs.taskDefinitionArn": c.Task.TaskDefinitionArn,
	} {
		if text := aws.ToString(value); text != "" {
			resource[label] = text
		}
	}
	return prefect.Event{
		ID: c.ID, Occurred: c.Time, Event: "prefect.ecs.task." + strings.ToLower(c.Status()), Resource: resource,
		Related: c.relatedTo(workerType, version),
	}
}

// relatedKinds are the resources that a task's tags name, in the official order.
var relatedKinds = []string{"flow-run", "deployment", "flow", "work-pool"}

// relatedTo are the resources that an event has to do with.
func (c *Change) relatedTo(workerType, version string) []map[string]string {
	out := []map[string]string{}
	for _, kind := range relatedKinds {
		id := c.Tags["prefect.io/"+kind+"-id"]
		if kind == "flow-run" {
			id = c.RunID() // known even when ECS has forgotten the tags
		}
		if id == "" {
			continue
		}
		related := map[string]string{"prefect.resource.id": "prefect." + kind + "." + id, "prefect.resource.role": kind}
		if name := c.Tags["prefect.io/"+kind+"-name"]; name != "" {
			related["prefect.resource.name"] = name
		}
		out = append(out, related)
	}
	if name := c.Tags["prefect.io/worker-name"]; name != "" {
		out = append(out, map[string]string{
			"prefect.resource.id": "prefect.worker.ecs." + WorkerSlug(name), "prefect.resource.role": "worker",
			"prefect.resource.name": name, "prefect.worker-type": workerType, "prefect.version": version,
		})
	}
	return out
}

var notInSlug = regexp.MustCompile(`[^a-z0-9]+`)

// WorkerSlug is how the ids of Prefect's resources name a worker: Python's slugify of what may be in a tag.
func WorkerSlug(name string) string {
	return strings.Trim(notInSlug.ReplaceAllString(strings.ToLower(name), "-"), "-")
}
