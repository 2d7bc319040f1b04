package ecs

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TaskMetadata is what a container learns of its task from the metadata endpoint, as far
// as the sandbox knows it (ECS Developer Guide, "Task metadata v4 examples", Fargate).
type TaskMetadata struct {
	Cluster, TaskARN, Family, Revision string
	DesiredStatus, KnownStatus         string
	AvailabilityZone                   string `json:",omitempty"`
	LaunchType                         string
}

// runtimeID is how Fargate names a container of a task, in its metadata's address too.
func runtimeID(t *task, index int) string { return fmt.Sprintf("%s-%010d", t.id(), index) }

// Metadata finds a task by the id of one of its containers.
func (s *Service) Metadata(container string) (TaskMetadata, bool) {
	id, _, _ := strings.Cut(container, "-")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clusters {
		for _, t := range c.tasks {
			if t.id() != id {
				continue
			}
			td := t.definition.api
			return TaskMetadata{
				Cluster: c.arn, TaskARN: *t.api.TaskArn, Family: aws.ToString(td.Family),
				Revision:      strconv.Itoa(int(td.Revision)),
				DesiredStatus: aws.ToString(t.api.DesiredStatus), KnownStatus: aws.ToString(t.api.LastStatus),
				AvailabilityZone: aws.ToString(t.api.AvailabilityZone), LaunchType: string(t.api.LaunchType),
			}, true
		}
	}
	return TaskMetadata{}, false
}
