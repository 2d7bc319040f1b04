package ecs

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Definition is what a policy may ask about a task definition.
type Definition struct {
	ARN         string   // with a revision
	Roles       []string // that it hands to its tasks; ARNs or names
	CPU, Memory string
	Tags        map[string]string
}

// Definition finds a task definition by any of its names; one that is not there has the
// ARN that it would have.
func (s *Service) Definition(ref string) Definition {
	s.mu.Lock()
	defer s.mu.Unlock()
	td := s.findDefinition(ref)
	if td == nil {
		return Definition{ARN: s.arn("task-definition/" + lastPart(ref))}
	}
	d := Definition{ARN: td.arn(), CPU: aws.ToString(td.api.Cpu), Memory: aws.ToString(td.api.Memory),
		Tags: tagMap(td.tags)}
	for _, role := range []*string{td.api.TaskRoleArn, td.api.ExecutionRoleArn} {
		if aws.ToString(role) != "" {
			d.Roles = append(d.Roles, *role)
		}
	}
	return d
}

// NextRevision is the ARN that the next task definition of a family gets.
func (s *Service) NextRevision(family string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.arn(fmt.Sprintf("task-definition/%s:%d", family, len(s.families[family])+1))
}

// Tags are those of any resource, by ARN; none of one that is not there.
func (s *Service) Tags(arn string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(arn)
	if err != nil {
		return nil
	}
	return tagMap(*tags)
}

func tagMap(tags []types.Tag) map[string]string {
	out := map[string]string{}
	for _, t := range tags {
		out[*t.Key] = aws.ToString(t.Value)
	}
	return out
}
