package worker

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
	tagFlowRunID   = "prefect.io/flow-run-id"
	tagFlowRunName = "prefect.io/flow-run-name"
	// tagDeregister asks for the task's definition to be deregistered when the task has
	// stopped. The spelling is the official worker's.
	tagDeregister = "prefect.io/degregister-task-definition"
)

// flowRunVariable is in the environment of each task that runs a flow.
const flowRunVariable = "PREFECT__FLOW_RUN_ID"

// change is an event of EventBridge about a task (ECS Developer Guide, "Amazon ECS task
// state change events"). Its detail has the fields of DescribeTasks, without the tags.
type change struct {
	id   string
	time time.Time
	task types.Task
	tags map[string]string // nil: not known
}

// errForeignEvent: the event is of another kind. It is acknowledged and forgotten.
var errForeignEvent = errors.New("it is no change of an ECS task")

// parseChange reads the body of a message.
func parseChange(body string) (*change, error) {
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
		return nil, errForeignEvent
	}
	c := &change{id: event.ID, time: event.Time}
	// The keys differ from the SDK's field names in case alone, which encoding/json does
	// not mind.
	if err := json.Unmarshal(event.Detail, &c.task); err != nil {
		return nil, fmt.Errorf("failed to read the detail of the event: %w", err)
	}
	if c.arn() == "" || c.status() == "" {
		return nil, errors.New("the event names no task or no status")
	}
	return c, nil
}

func (c *change) arn() string     { return aws.ToString(c.task.TaskArn) }
func (c *change) cluster() string { return aws.ToString(c.task.ClusterArn) }
func (c *change) status() string  { return aws.ToString(c.task.LastStatus) }
func (c *change) stopped() bool   { return c.status() == "STOPPED" }

// runID is the id of the task's flow run, or empty: from the tags, from startedBy, which
// this worker sets, or from the environment, which every worker sets.
func (c *change) runID() string {
	if id := c.tags[tagFlowRunID]; id != "" {
		return id
	}
	if parts := strings.Split(aws.ToString(c.task.StartedBy), "/"); len(parts) == 3 && parts[0] == "prefect" && isUUID(parts[1]) {
		return parts[1]
	}
	if c.task.Overrides == nil {
		return ""
	}
	for _, container := range c.task.Overrides.ContainerOverrides {
		for _, pair := range container.Environment {
			if aws.ToString(pair.Name) == flowRunVariable {
				return aws.ToString(pair.Value)
			}
		}
	}
	return ""
}

var uuidSyntax = regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func isUUID(text string) bool { return uuidSyntax.MatchString(text) }
