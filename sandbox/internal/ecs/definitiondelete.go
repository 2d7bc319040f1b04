package ecs

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// maxDeleted is how many revisions DeleteTaskDefinitions takes.
const maxDeleted = 10

// deleteDefinitions begins to delete revisions that were deregistered. Each goes when no task and no
// service has it any more; what is still ACTIVE is a failure of its own, beside an answer.
func (s *Service) deleteDefinitions(_ context.Context,
	in *api.DeleteTaskDefinitionsInput) (*api.DeleteTaskDefinitionsOutput, error) {
	switch {
	case len(in.TaskDefinitions) == 0:
		return nil, invalid("Task definitions cannot be empty.")
	case len(in.TaskDefinitions) > maxDeleted:
		return nil, invalid("Task definitions can have at most %d items.", maxDeleted)
	}
	out := &api.DeleteTaskDefinitionsOutput{TaskDefinitions: []types.TaskDefinition{}, Failures: []types.Failure{}}
	fail := func(ref, reason string) {
		out.Failures = append(out.Failures, types.Failure{Arn: aws.String(ref), Reason: aws.String(reason)})
	}
	for _, ref := range in.TaskDefinitions {
		if !strings.Contains(lastPart(ref), ":") {
			return nil, clientError("Unable to parse TaskDefinition. Family and revision are required.")
		}
		td := s.findDefinition(ref)
		switch {
		case td == nil:
			fail(ref,
				"The specified task definition does not exist. Specify a valid account, family, revision and try "+
					"again.")
		case td.isActive():
			fail(ref, "The specified task definition is still in ACTIVE status. Please deregister the target and try "+
				"again.")
		default:
			td.api.Status = types.TaskDefinitionStatusDeleteInProgress
			out.TaskDefinitions = append(out.TaskDefinitions, td.api)
		}
	}
	return out, nil
}

// isGone reports whether a revision was deleted and nothing has it any more. Its number is never used again.
func (s *Service) isGone(td *taskDefinition) bool {
	if td.gone || td.api.Status != types.TaskDefinitionStatusDeleteInProgress {
		return td.gone
	}
	for _, c := range s.clusters {
		for _, sv := range c.services {
			for _, d := range sv.deployments {
				if sv.status != inactive && d.definition == td {
					return false
				}
			}
		}
		for _, t := range c.tasks {
			if t.live() && t.definition == td {
				return false
			}
		}
	}
	td.gone = true
	return true
}
