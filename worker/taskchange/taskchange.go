// Package taskchange reads what EventBridge tells of an ECS task, and says which flow run is in it.
package taskchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// taskChangeType is the detail-type of the only events that are acted upon.
const taskChangeType = "ECS Task State Change"

// The tags by which workers mark the tasks of flow runs.
const (
	TagFlowRunID    = "prefect.io/flow-run-id"
	TagFlowRunName  = "prefect.io/flow-run-name"
	TagWorkPoolName = "prefect.io/work-pool-name"
	// TagDeregister asks for the task's definition to be deregistered when the task has
	// stopped. The spelling is the official worker's.
	TagDeregister = "prefect.io/degregister-task-definition"
)

// flowRunVariable is in the environment of each task that runs a flow.
const flowRunVariable = "PREFECT__FLOW_RUN_ID"

// Change is an event of EventBridge about a task (ECS Developer Guide, "Amazon ECS task
// state change events"). Its detail has the fields of DescribeTasks, without the tags.
type Change struct {
	ID   string
	Time time.Time
	Task types.Task
	Tags map[string]string // nil: not known
}

// ErrForeignEvent is the error for an event of another kind. It is acknowledged and forgotten.
var ErrForeignEvent = errors.New("it is no change of an ECS task")

// Parse reads the body of a message.
func Parse(body string) (*Change, error) {
	var event struct {
		ID         string
		DetailType string `json:"detail-type"`
		Time       time.Time
		Detail     json.RawMessage
	}
	if err := json.Unmarshal([]byte(body), &event); err != nil {
		return nil, fmt.Errorf("failed to read the event: %w", err)
	}
	if event.DetailType != taskChangeType {
		return nil, ErrForeignEvent
	}
	c := &Change{ID: event.ID, Time: event.Time}
	// The keys differ from the SDK's field names in case alone, which encoding/json does
	// not mind.
	if err := json.Unmarshal(event.Detail, &c.Task); err != nil {
		return nil, fmt.Errorf("failed to read the detail of the event: %w", err)
	}
	if c.ARN() == "" || c.Status() == "" {
		return nil, errors.New("the event names no task or no status")
	}
	return c, nil
}

// ARN returns the task's ARN.
func (c *Change) ARN() string { return aws.ToString(c.Task.TaskArn) }

// Cluster returns the ARN of the task's cluster.
func (c *Change) Cluster() string { return aws.ToString(c.Task.ClusterArn) }

// Status returns the task's last status.
func (c *Change) Status() string { return aws.ToString(c.Task.LastStatus) }

// Stopped reports whether the task has stopped.
func (c *Change) Stopped() bool { return c.Status() == "STOPPED" }

// RunID is the id of the task's flow run, or empty: from the tags, from startedBy, which
// this worker sets, or from the environment, which every worker sets.
func (c *Change) RunID() string {
	if id := c.Tags[TagFlowRunID]; id != "" {
		return id
	}
	if parts := strings.Split(aws.ToString(c.Task.StartedBy), "/"); len(parts) == 3 && parts[0] == "prefect" &&
		IsUUID(parts[1]) {
		return parts[1]
	}
	if c.Task.Overrides == nil {
		return ""
	}
	for _, container := range c.Task.Overrides.ContainerOverrides {
		for _, pair := range container.Environment {
			if aws.ToString(pair.Name) == flowRunVariable {
				return aws.ToString(pair.Value)
			}
		}
	}
	return ""
}

var uuidSyntax = regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// IsUUID reports whether text is a UUID.
func IsUUID(text string) bool { return uuidSyntax.MatchString(text) }
