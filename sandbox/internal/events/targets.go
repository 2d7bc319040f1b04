package events

import (
	"context"
	"maps"
	"slices"
	"strings"

	api "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/schemas"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"ecsctl/sandbox/internal/wire"
)

const maxTargets = 5 // of a rule

func (s *Service) handleTargets() {
	wire.HandleJSON(s.JSON, "PutTargets", schemas.PutTargetsRequest, schemas.PutTargetsResponse,
		"Rule! Targets! EventBusName", s.putTargets)
	wire.HandleJSON(s.JSON, "ListTargetsByRule", schemas.ListTargetsByRuleRequest, schemas.ListTargetsByRuleResponse,
		"Rule! EventBusName NextToken Limit", s.listTargets)
	wire.HandleJSON(s.JSON, "ListRuleNamesByTarget", schemas.ListRuleNamesByTargetRequest,
		schemas.ListRuleNamesByTargetResponse,
		"TargetArn! EventBusName NextToken Limit", s.listRuleNames)
	wire.HandleJSON(s.JSON, "RemoveTargets", schemas.RemoveTargetsRequest, schemas.RemoveTargetsResponse,
		"Rule! Ids! EventBusName Force", s.removeTargets)
}

func (s *Service) putTargets(_ context.Context, in *api.PutTargetsInput) (*api.PutTargetsOutput, error) {
	r, err := s.find(in.EventBusName, in.Rule)
	if err != nil {
		return nil, err
	}
	targets := slices.Clone(r.targets)
	for _, t := range in.Targets {
		if err := checkTarget(t); err != nil {
			return nil, err
		}
		targets = slices.DeleteFunc(targets, func(have types.Target) bool { return *have.Id == *t.Id })
		targets = append(targets, t)
	}
	if len(targets) > maxTargets {
		return nil, wire.Errorf("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
	}
	r.targets = targets
	return &api.PutTargetsOutput{FailedEntries: []types.PutTargetsResultEntry{}}, nil
}

// checkTarget takes queues alone, and the event as it is.
func checkTarget(t types.Target) error {
	switch {
	case !strings.Contains(*t.Arn, ":sqs:"):
		return wire.NotImplemented("the target " + *t.Arn)
	case t.Input != nil || t.InputPath != nil || t.InputTransformer != nil:
		return wire.NotImplemented("inputs of targets")
	case t.RoleArn != nil || t.SqsParameters != nil:
		return wire.NotImplemented("RoleArn and SqsParameters of targets")
	case t.DeadLetterConfig != nil || t.RetryPolicy != nil:
		return wire.NotImplemented("DeadLetterConfig and RetryPolicy of targets")
	}
	return nil
}

func (s *Service) listTargets(_ context.Context, in *api.ListTargetsByRuleInput) (*api.ListTargetsByRuleOutput, error) {
	r, err := s.find(in.EventBusName, in.Rule)
	if err != nil {
		return nil, err
	}
	size := pageSize(in.Limit)
	page, next, err := wire.Page(r.targets, in.NextToken, size, badToken)
	return &api.ListTargetsByRuleOutput{Targets: page, NextToken: next}, err
}

func (s *Service) listRuleNames(_ context.Context,
	in *api.ListRuleNamesByTargetInput) (*api.ListRuleNamesByTargetOutput, error) {
	if err := checkBus(in.EventBusName); err != nil {
		return nil, err
	}
	size := pageSize(in.Limit)
	var names []string
	for _, name := range slices.Sorted(maps.Keys(s.rules)) {
		if slices.ContainsFunc(s.rules[name].targets, func(t types.Target) bool { return *t.Arn == *in.TargetArn }) {
			names = append(names, name)
		}
	}
	page, next, err := wire.Page(names, in.NextToken, size, badToken)
	return &api.ListRuleNamesByTargetOutput{RuleNames: page, NextToken: next}, err
}

// removeTargets passes over ids that are not there, as EventBridge does.
func (s *Service) removeTargets(_ context.Context, in *api.RemoveTargetsInput) (*api.RemoveTargetsOutput, error) {
	r, err := s.find(in.EventBusName, in.Rule)
	if err != nil {
		return nil, err
	}
	r.targets = slices.DeleteFunc(slices.Clone(r.targets), func(t types.Target) bool {
		return slices.Contains(in.Ids, *t.Id)
	})
	return &api.RemoveTargetsOutput{FailedEntries: []types.RemoveTargetsResultEntry{}}, nil
}
